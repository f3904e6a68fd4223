//! What is wrong with an option.

/// An option that cannot be: one line for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--{option} is {value}: {must}")]
pub struct OptionError {
    pub(crate) option: &'static str,
    pub(crate) value: String,
    pub(crate) must: &'static str,
}
