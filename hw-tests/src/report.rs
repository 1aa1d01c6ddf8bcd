//! What was tried and how it went, for people (Markdown) and for a build server (JUnit).

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

pub enum Outcome {
    Passed,
    Failed(String),
    /// What the box at hand does not have.
    Skipped(&'static str),
}

pub struct Entry {
    pub name: &'static str,
    pub says: &'static str,
    pub outcome: Outcome,
    pub took: Duration,
}

#[derive(Default)]
pub struct Report {
    pub entries: Vec<Entry>,
    /// What was measured, in the order in which it was.
    pub numbers: Vec<(String, String)>,
}

impl Report {
    pub fn failed(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Failed(_))).count()
    }

    pub fn write(&self, folder: &Path, subject: &str) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("report.md"), self.markdown(subject)?)?;
        Ok(std::fs::write(folder.join("junit.xml"), self.junit()?)?)
    }

    fn markdown(&self, subject: &str) -> Result<String> {
        let mut text = format!("# Hardware tests: {subject}\n\n| test | outcome | seconds |\n| --- | --- | --- |\n");
        for Entry { says, outcome, took, .. } in &self.entries {
            let outcome = match outcome {
                Outcome::Passed => "passed".to_owned(),
                Outcome::Failed(_) => "**failed**".to_owned(),
                Outcome::Skipped(why) => format!("skipped: {why}"),
            };
            writeln!(text, "| {says} | {outcome} | {:.0} |", took.as_secs_f32())?;
        }
        if !self.numbers.is_empty() {
            text += "\n| measured | |\n| --- | --- |\n";
            self.numbers.iter().try_for_each(|(what, number)| writeln!(text, "| {what} | {number} |"))?;
        }
        for Entry { says, outcome, .. } in &self.entries {
            if let Outcome::Failed(why) = outcome {
                writeln!(text, "\n## Failed: {says}\n\n```\n{why}\n```")?;
            }
        }
        Ok(text)
    }

    fn junit(&self) -> Result<String> {
        let skipped = self.entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Skipped(_))).count();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"hw-tests\" tests=\"{}\" failures=\"{}\" skipped=\"{skipped}\">\n",
            self.entries.len(),
            self.failed()
        );
        for Entry { name, outcome, took, .. } in &self.entries {
            write!(text, "  <testcase name=\"{name}\" time=\"{:.1}\">", took.as_secs_f32())?;
            match outcome {
                Outcome::Passed => {}
                Outcome::Failed(why) => write!(text, "<failure>{}</failure>", escaped(why))?,
                Outcome::Skipped(why) => write!(text, "<skipped message=\"{}\"/>", escaped(why))?,
            }
            text += "</testcase>\n";
        }
        Ok(text + "</testsuite>\n")
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_to_people_and_to_a_build_server() {
        let entry = |name, outcome| Entry { name, says: name, outcome, took: Duration::from_secs(2) };
        let entries =
            vec![entry("one", Outcome::Failed("1 < 2 & \u{1b}[0m".into())), entry("two", Outcome::Skipped("no plug"))];
        let report = Report { entries, numbers: vec![("start".into(), "12 s".into())] };
        assert_eq!(report.failed(), 1);
        let text = report.markdown("a box").unwrap();
        assert!(text.contains("| one | **failed** | 2 |") && text.contains("| two | skipped: no plug | 2 |"), "{text}");
        assert!(text.contains("| start | 12 s |") && text.contains("## Failed: one"), "{text}");
        let xml = roxmltree::Document::parse(&report.junit().unwrap()).map(|xml| {
            let failure = xml.descendants().find(|node| node.has_tag_name("failure")).unwrap();
            failure.text().map(str::to_owned)
        });
        assert_eq!(xml.unwrap().unwrap(), "1 < 2 & [0m");
    }
}
