//! The join_ref of a seat, for as long as the seat is held.

use sotto_protocol::frame::Ref;

/// A [`Ref`] in 16 bytes: nothing, the digits of a number, or a quote and then a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinRef(Option<Box<str>>);

impl JoinRef {
    /// Keeps it.
    pub(crate) fn new(reference: &Ref<'_>) -> Self {
        Self(match reference {
            Ref::Null => None,
            Ref::Number(digits) => Some(digits.as_ref().into()),
            Ref::Text(text) => Some(format!("\"{text}").into()),
        })
    }

    /// As the client gave it.
    pub(crate) fn get(&self) -> Ref<'_> {
        match self.0.as_deref() {
            None => Ref::Null,
            Some(kept) => match kept.strip_prefix('"') {
                Some(text) => Ref::Text(text.into()),
                None => Ref::Number(kept.into()),
            },
        }
    }

    /// Whether a push with this join_ref is for this seat: it gives none, or the same characters. A binary frame
    /// cannot say whether they are a text or a number.
    pub(crate) fn admits(&self, join_ref: &Ref<'_>) -> bool {
        join_ref.is_null() || self.get().text() == join_ref.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_ref_is_given_back_in_its_own_form() {
        for reference in [
            Ref::Null,
            Ref::Text("3".into()),
            Ref::Text("\"".into()),
            Ref::Number("-3".into()),
        ] {
            assert_eq!(JoinRef::new(&reference).get(), reference);
        }
    }

    #[test]
    fn only_its_own_join_ref_or_none_is_admitted() {
        let kept = JoinRef::new(&Ref::Number("3".into()));
        assert!(
            kept.admits(&Ref::Null)
                && kept.admits(&Ref::Number("3".into()))
                && kept.admits(&Ref::Text("3".into()))
        );
        assert!(!kept.admits(&Ref::Text("4".into())));
        assert!(!JoinRef::new(&Ref::Null).admits(&Ref::Text("4".into())));
    }
}
