//! The demo: what somebody tries first, alone.

use sotto_tests::Scene;

#[test]
fn the_demo_answers_what_it_is_told_and_ends_well() {
    let scene = Scene::new();
    let mut demo = scene.without_terminal(&["demo"], "what I typed 4711\n");
    assert_eq!(demo.exit_code(), 0, "{}", demo.errors());
    let said: Vec<_> = std::iter::from_fn(|| demo.line()).collect();
    assert!(said.iter().any(|line| line.contains("4711")), "{said:?}");
}

#[test]
fn what_crosses_in_the_demo_does_not_show_what_was_typed() {
    let scene = Scene::new();
    let args = ["demo", "--record", "crossed"];
    let mut demo = scene.without_terminal(&args, "what I typed 4711\n");
    assert_eq!(demo.exit_code(), 0, "{}", demo.errors());
    let crossed = std::fs::read(scene.home().join("crossed")).unwrap();
    assert!(crossed.len() > 1000, "something crossed");
    let typed = "what I typed 4711";
    let hex: String = typed.bytes().map(|byte| format!("{byte:02x}")).collect();
    // Long enough that chance does not bring it.
    let base64 = "d2hhdCBJIHR5cGVkIDQ3MT";
    for hidden in [typed, &hex, base64] {
        assert!(
            !crossed
                .windows(hidden.len())
                .any(|window| window == hidden.as_bytes()),
            "{hidden}"
        );
    }
}
