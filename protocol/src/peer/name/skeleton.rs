//! What a name looks like, for a comparison with another.

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

use super::Name;

/// What two names are compared by: equal for names that a reader takes for one another, be it by case (`Ben`,
/// `ben`), by letters that look alike (`bеn` with a Cyrillic е) or by a joiner. Never unique and
/// never proof: it tells which names may be mistaken, not who has one. Not for the screen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Skeleton(String);

impl Skeleton {
    /// NFKC's compatibility forms, the confusables of UTS 39, and case.
    pub(super) fn of(name: &Name) -> Self {
        // By UTS 39, `I` looks like `l`, `M` like nothing else and `m` like `rn`: so the look is taken first, while a
        // capital В is still one, and once more when case is gone.
        let shown: String = name
            .as_str()
            .nfkd()
            .flat_map(look)
            .flat_map(char::to_lowercase)
            .collect();
        // Of all small letters `i` alone has a capital that looks like another's small letter.
        Self(skeleton(&shown).map(|c| if c == 'i' { 'l' } else { c }).collect())
    }
}

/// The ASCII characters that a letter passes for; else those that its other case does, as small в and н do not look
/// like `B` and `H`, but have the capitals that do; else what it looks like as a small letter.
fn look(c: char) -> Vec<char> {
    // By way of the capital, ς is a small σ and ß a small ss.
    let small = c
        .to_lowercase()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    let cases: [String; 3] = [c.into(), small.collect(), c.to_uppercase().collect()];
    let looks = cases.map(|case| skeleton(&case).collect::<Vec<char>>());
    let passing = looks.iter().find(|look| look.iter().all(char::is_ascii));
    passing.unwrap_or(&looks[1]).clone()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(name: &str) -> Skeleton {
        Name::new(name).unwrap().skeleton()
    }

    #[test]
    fn names_that_differ_by_case_alone_are_alike() {
        for alike in [
            ["ben", "Ben", "BEN"],
            ["max", "Max", "MAX"],
            ["ian", "Ian", "IAN"],
            ["zoë", "Zoe\u{308}", "ZOË"],
            ["strauß", "STRAUẞ", "STRAUSS"],
            ["анна", "Анна", "АННА"],
            ["вова", "Вова", "ВОВА"],
            ["θωμάς", "Θωμάς", "ΘΩΜΆΣ"],
        ] {
            for name in alike {
                assert_eq!(of(name), of(alike[0]), "{name}");
            }
        }
    }

    #[test]
    fn names_of_letters_that_look_alike_are_alike() {
        for [name, other] in [
            ["ben", "bеn"],
            ["Ben", "Веn"],
            ["BEN", "ВЕΝ"],
            ["ben", "ｂｅｎ"],
            ["ben", "𝐛𝐞𝐧"],
            ["Ian", "lan"],
            ["ian", "1an"],
            ["Oscar", "0scar"],
            ["Ирина", "Иpинa"],
            ["Straße", "Stгaße"],
            ["Marie", "rnarie"],
            ["anna", "аnnа"],
        ] {
            assert_eq!(of(name), of(other), "{name} and {other}");
        }
    }

    #[test]
    fn a_joiner_makes_no_other_name() {
        assert_eq!(of("ben 👩\u{200d}💻"), of("ben 👩💻"));
        assert_eq!(of("ben ❤\u{fe0f}"), of("ben ❤"));
    }

    #[test]
    fn names_that_look_different_are_not_alike() {
        let names = [
            "ben",
            "8en",
            "ren",
            "bena",
            "be n",
            "bén",
            "anna",
            "ana",
            "ava",
            "anna~2",
            "Анна",
            "Нина",
            "漢",
            "字",
            "👩",
            "👩\u{200d}💻",
        ];
        for (i, one) in names.iter().enumerate() {
            for other in &names[..i] {
                assert_ne!(of(one), of(other), "{one} and {other}");
            }
        }
    }

    #[test]
    fn every_character_that_passes_for_a_letter_or_a_digit_is_like_it() {
        for c in ('\u{80}'..=char::MAX).filter(|&c| c.is_alphanumeric() && c.nfkd().eq([c])) {
            let looks: String = skeleton(c.encode_utf8(&mut [0; 4])).collect();
            if looks.len() == 1 && looks.is_ascii() {
                assert_eq!(
                    of(&format!("a{c}")),
                    of(&format!("a{looks}")),
                    "{c:?} and {looks}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn case_tells_no_latin_and_no_cyrillic_names_apart(name in "[a-zA-Zа-яА-Я0-9]{1,16}") {
            prop_assert_eq!(of(&name), of(&name.to_lowercase()));
            prop_assert_eq!(of(&name), of(&name.to_uppercase()));
        }

        #[test]
        fn a_name_is_like_its_decomposed_form(name in "\\PC{1,8}") {
            if let Ok(name) = Name::new(&name) {
                prop_assert_eq!(of(&name.as_str().nfd().to_string()), name.skeleton());
            }
        }
    }
}
