//! End-to-end tests of Sotto: the machinery that spawns and drives both real binaries.
