//! Which file of a crate needs which other, and where that goes round in a circle.
//!
//! A path such as `crate::rooms::Record` needs the file of the module `rooms`, and, if that has the name from
//! elsewhere, the file where it is defined as well. What a module needs of the modules within it is left out: their
//! files are one thing in parts.

use std::collections::{BTreeMap, BTreeSet, VecDeque, btree_map::Entry};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Item, ItemMod, ItemUse, Macro, UseTree, VisRestricted,
    visit::{self, Visit},
};

use super::source::{ModulePath, Source};

/// The shortest circle through each file that stands in one, each circle once, as a sentence.
pub(super) fn circles(source: &Source) -> Vec<String> {
    let modules = Modules::of(source);
    let needs: Vec<BTreeSet<usize>> = (source.files.iter().enumerate())
        .map(|(file, known)| {
            let mut paths = Paths::of(known.module.clone());
            paths.visit_file(&known.syntax);
            let needed = paths.found.iter().flat_map(|path| modules.files(path, 0));
            let within = |other: &usize| source.files[*other].module.starts_with(&known.module);
            needed.filter(|other| *other != file && !within(other)).collect()
        })
        .collect();
    let mut told = BTreeSet::new();
    let mut sentences = Vec::new();
    for file in 0..needs.len() {
        let Some(circle) = shortest_circle(file, &needs) else {
            continue;
        };
        if told.insert(circle.iter().copied().collect::<BTreeSet<_>>()) {
            let names = circle
                .iter()
                .chain([&file])
                .map(|file| source.files[*file].path.display().to_string());
            sentences.push(format!(
                "import circle: {}",
                names.collect::<Vec<_>>().join(" → ")
            ));
        }
    }
    sentences
}

/// The files of the shortest way from one back to it.
fn shortest_circle(from: usize, needs: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut came_from = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(file) = queue.pop_front() {
        for &next in &needs[file] {
            if next == from {
                let mut circle = vec![file];
                while let Some(before) = came_from.get(&circle[circle.len() - 1]) {
                    circle.push(*before);
                }
                circle.reverse();
                return Some(circle);
            }
            if let Entry::Vacant(unseen) = came_from.entry(next) {
                unseen.insert(file);
                queue.push_back(next);
            }
        }
    }
    None
}

/// The modules of a crate, and what names they have from elsewhere in it.
#[derive(Default)]
struct Modules(BTreeMap<ModulePath, Module>);

#[derive(Default)]
struct Module {
    file: usize,
    imports: BTreeMap<String, ModulePath>,
    /// `use …::*`.
    globs: Vec<ModulePath>,
}

impl Modules {
    fn of(source: &Source) -> Self {
        let mut modules = Self::default();
        for (file, known) in source.files.iter().enumerate() {
            modules.add(file, &known.module, &known.syntax.items);
        }
        for known in &source.files {
            modules.import(&known.module, &known.syntax.items);
        }
        modules
    }

    fn add(&mut self, file: usize, module: &[String], items: &[Item]) {
        let entry = self.0.entry(module.to_vec()).or_default();
        entry.file = file;
        for (name, items) in inline(items) {
            self.add(file, &[module, &[name]].concat(), items);
        }
    }

    fn import(&mut self, module: &[String], items: &[Item]) {
        let mut imports = BTreeMap::new();
        let mut globs = Vec::new();
        for item in items {
            let Item::Use(item) = item else { continue };
            for (name, path) in leaves(&item.tree, Vec::new()) {
                let Some(path) = self.within(module, &path) else {
                    continue;
                };
                match name {
                    Some(name) => drop(imports.insert(name, path)),
                    None => globs.push(path),
                }
            }
        }
        if let Some(entry) = self.0.get_mut(module) {
            (entry.imports, entry.globs) = (imports, globs);
        }
        for (name, items) in inline(items) {
            self.import(&[module, &[name]].concat(), items);
        }
    }

    /// A path from the root of the crate, if it is one of its own.
    fn within(&self, module: &[String], path: &[String]) -> Option<ModulePath> {
        absolute(module, path).or_else(|| {
            let child = [module, path.get(..1)?].concat();
            self.0.contains_key(&child).then(|| [module, path].concat())
        })
    }

    /// The files that a path from the root needs.
    fn files(&self, path: &[String], depth: usize) -> Vec<usize> {
        let mut at = Vec::new();
        let mut module = &self.0[&at];
        for (index, name) in path.iter().enumerate() {
            let inner = [at.as_slice(), std::slice::from_ref(name)].concat();
            if let Some(found) = self.0.get(&inner) {
                (at, module) = (inner, found);
                continue;
            }
            let sources = module.imports.get(name).into_iter().cloned();
            let globs = module
                .globs
                .iter()
                .map(|glob| [glob.as_slice(), std::slice::from_ref(name)].concat());
            let mut files = vec![module.file];
            // A name may be imported in a circle of globs, but no way to it is that long.
            if depth < 8 {
                let elsewhere = sources.chain(globs.filter(|_| !module.imports.contains_key(name)));
                for source in elsewhere {
                    let rest = [source.as_slice(), &path[index + 1..]].concat();
                    files.extend(self.files(&rest, depth + 1));
                }
            }
            return files;
        }
        vec![module.file]
    }
}

fn inline(items: &[Item]) -> impl Iterator<Item = (String, &[Item])> {
    items.iter().filter_map(|item| match item {
        Item::Mod(ItemMod {
            ident,
            content: Some((_, items)),
            ..
        }) => Some((ident.to_string(), items.as_slice())),
        _ => None,
    })
}

/// What begins with `crate`, `self` or `super`, from the root of the crate.
fn absolute(module: &[String], path: &[String]) -> Option<ModulePath> {
    let above = path.iter().take_while(|name| *name == "super").count();
    match path.first().map(String::as_str)? {
        "crate" => Some(path[1..].to_vec()),
        "self" => absolute(module, &path[1..]).or_else(|| Some([module, &path[1..]].concat())),
        "super" => Some([module.get(..module.len().checked_sub(above)?)?, &path[above..]].concat()),
        _ => None,
    }
}

/// The paths of a `use`, each with the name that it brings; without one it brings all names.
fn leaves(tree: &UseTree, before: ModulePath) -> Vec<(Option<String>, ModulePath)> {
    let with = |name: &syn::Ident| [before.as_slice(), &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, with(&path.ident)),
        UseTree::Name(name) if name.ident == "self" => vec![(before.last().cloned(), before)],
        UseTree::Name(name) => vec![(Some(name.ident.to_string()), with(&name.ident))],
        UseTree::Rename(name) if name.ident == "self" => vec![(Some(name.rename.to_string()), before)],
        UseTree::Rename(name) => vec![(Some(name.rename.to_string()), with(&name.ident))],
        UseTree::Glob(_) => vec![(None, before)],
        UseTree::Group(group) => {
            let leaves = group.items.iter().map(|tree| leaves(tree, before.clone()));
            leaves.flatten().collect()
        }
    }
}

/// All paths in a file that begin with `crate`, `self` or `super`, from the root of the crate.
struct Paths {
    module: ModulePath,
    found: Vec<ModulePath>,
}

impl Paths {
    fn of(module: ModulePath) -> Self {
        Self {
            module,
            found: Vec::new(),
        }
    }

    fn add(&mut self, path: &[String]) {
        self.found.extend(absolute(&self.module, path));
    }

    /// In what a macro is given nobody knows what is a path: a keyword with two colons after it is one.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(name) => {
                    let mut path = vec![name.to_string()];
                    while tokens.next_if(is_colon).is_some() && tokens.next_if(is_colon).is_some() {
                        match tokens.next_if(|token| matches!(token, TokenTree::Ident(_))) {
                            Some(name) => path.push(name.to_string()),
                            None => break,
                        }
                    }
                    if path.len() > 1 {
                        self.add(&path);
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for (_, path) in leaves(&item.tree, Vec::new()) {
            self.add(&path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if names.len() > 1 {
            self.add(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.tokens(item.tokens.clone());
    }

    /// Who may see something is not needed by it.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}
