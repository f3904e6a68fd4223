//! Terminals of all sizes and kinds.

use sotto_tests::Scene;

use super::CTRL_C;

#[test]
fn a_terminal_of_ten_columns_and_three_rows_is_enough_to_talk() {
    let scene = Scene::new();
    let args = [
        "join",
        scene.url(),
        "--name",
        "anna",
        "--passphrase-file",
        "passphrase",
    ];
    let mut anna = scene.terminal((3, 10), &args);
    let mut ben = scene.pipe("ben", &["--json"]);
    ben.event("peer_joined");
    anna.type_keys("tiny\r");
    assert_eq!(ben.message(), "tiny");
    for size in [(1, 1), (2, 5), (50, 200), (24, 80)] {
        anna.resize(size.0, size.1);
    }
    ben.say("large");
    anna.wait_for("large");
    anna.type_keys(CTRL_C);
    anna.type_keys(CTRL_C);
    anna.exit_code();
    anna.assert_restored();
}
