//! The files of a crate, found as the compiler finds them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, File, ImplItem, Item, Meta};

/// Where a module stands in its crate: the names that lead to it.
pub(super) type ModulePath = Vec<String>;

/// A crate's source, without its tests.
pub(super) struct Source {
    pub(super) files: Vec<SourceFile>,
}

/// One file: the module that it is, or begins with.
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) module: ModulePath,
    pub(super) syntax: File,
}

impl Source {
    /// Reads `lib.rs` or `main.rs`, and all that belongs to it.
    pub(super) fn read(root: &Path) -> Self {
        let mut source = Self { files: Vec::new() };
        source.add(root, Vec::new());
        source
    }

    fn add(&mut self, path: &Path, module: ModulePath) {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        drop_tests(&mut syntax.items);
        let folder = path.parent().unwrap();
        let is_folders_own = ["lib.rs", "main.rs", "mod.rs"]
            .iter()
            .any(|name| path.ends_with(name));
        let folder = if is_folders_own {
            folder.to_owned()
        } else {
            path.with_extension("")
        };
        let children = files_of(&syntax.items, &folder, &module);
        self.files.push(SourceFile {
            path: path.to_owned(),
            module,
            syntax,
        });
        for (path, module) in children {
            self.add(&path, module);
        }
    }
}

/// The files that the `mod` lines of a module name.
fn files_of(items: &[Item], folder: &Path, module: &[String]) -> Vec<(PathBuf, ModulePath)> {
    let mut found = Vec::new();
    for item in items {
        let Item::Mod(item) = item else { continue };
        let name = item.ident.to_string();
        let child = [module, std::slice::from_ref(&name)].concat();
        let (file, folder) = (folder.join(format!("{name}.rs")), folder.join(name));
        match &item.content {
            Some((_, items)) => found.extend(files_of(items, &folder, &child)),
            None if file.exists() => found.push((file, child)),
            None => found.push((folder.join("mod.rs"), child)),
        }
    }
    found
}

/// Drops what is compiled only into tests.
fn drop_tests(items: &mut Vec<Item>) {
    items.retain(|item| !is_test(attributes(item)));
    for item in items {
        match item {
            Item::Mod(item) => {
                if let Some((_, items)) = &mut item.content {
                    drop_tests(items);
                }
            }
            Item::Impl(item) => item.items.retain(|item| match item {
                ImplItem::Fn(item) => !is_test(&item.attrs),
                ImplItem::Const(item) => !is_test(&item.attrs),
                _ => true,
            }),
            _ => {}
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[test]`, `#[cfg(test)]` and `#[cfg(all(test, …))]`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test,")
        }
        _ => false,
    })
}
