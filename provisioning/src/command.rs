//! Programs that the box's half asks: the settings' checker, the updater, systemd. What they say goes into the receipt, without
//! what may be secret.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

const MOST_LINES: usize = 20;
const LONGEST_LINE: usize = 300;

/// `line` is a program and its arguments, divided by spaces; empty, nothing is run. The error is what it said.
pub fn run(line: &str, argument: Option<&OsStr>) -> Result<(), Vec<String>> {
    let mut words = line.split_whitespace();
    let Some(program) = words.next() else { return Ok(()) };
    let output = Command::new(program).args(words).args(argument).stdin(Stdio::null()).output();
    match output {
        Err(error) => Err(vec![format!("{program}: {error}")]),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let mut said = sentences(&[output.stdout, output.stderr].concat());
            said.push(format!("{program}: {}", output.status));
            Err(said)
        }
    }
}

/// The last lines. Excerpts of a file, as TOML's errors have them (" 5 | password = …"), are left out.
fn sentences(said: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(said);
    let is_excerpt =
        |line: &str| line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|');
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !is_excerpt(line));
    let plain = |line: &str| line.chars().filter(|c| !c.is_control()).take(LONGEST_LINE).collect();
    let lines: Vec<String> = lines.map(plain).collect();
    lines[lines.len().saturating_sub(MOST_LINES)..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_of_settings_are_not_repeated() {
        let said =
            b"TOML parse error at line 5, column 1\n  |\n5 | password = \"hush\"\n  | ^^^\nunknown field\x1b[0m\n";
        assert_eq!(sentences(said), ["TOML parse error at line 5, column 1", "unknown field[0m"]);
    }

    #[test]
    fn what_a_program_said_is_kept() {
        assert_eq!(run("", None), Ok(()));
        assert_eq!(run("true", None), Ok(()));
        assert!(run("/nowhere", None).unwrap_err()[0].starts_with("/nowhere: "));
        let said = run("ls", Some(OsStr::new("/nowhere"))).unwrap_err();
        assert!(said[0].contains("/nowhere") && said[1].contains("exit status"), "{said:?}");
    }
}
