//! Sticks, as a technician brings them: an empty one gets the box's card, a signed one sets it up, a stranger's changes nothing.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::bench::Bench;

const CUTS: u32 = 20;
/// Where a disk's first sector has its four partitions.
const PARTITIONS: u64 = 446;

/// A FAT stick of 64 MiB, and what is on it.
struct Stick(PathBuf);

impl Stick {
    fn new(image: &Path, content: Option<&Path>) -> Result<Self> {
        mtools("mformat", image, &["-C", "-F", "-T", "131072", "-v", "STICK", "::"])?;
        // mformat also writes a table of partitions, of one that there is not.
        std::fs::OpenOptions::new().write(true).open(image)?.write_all_at(&[0; 64], PARTITIONS)?;
        for entry in content.into_iter().flat_map(std::fs::read_dir).flatten() {
            let path = entry?.path();
            mtools("mcopy", image, &["-s", path.to_str().context("a name")?, "::/"])?;
        }
        Ok(Self(image.to_owned()))
    }

    /// Copy a folder off it.
    fn folder(&self, name: &str, to: &Path) -> Result<Vec<PathBuf>> {
        std::fs::create_dir_all(to)?;
        mtools("mcopy", &self.0, &["-s", "-n", &format!("::/{name}"), to.to_str().context("a name")?])?;
        Ok(std::fs::read_dir(to.join(name))?.filter_map(|entry| Some(entry.ok()?.path())).collect())
    }
}

fn mtools(program: &str, image: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new(program).arg("-i").arg(image).args(arguments).stdin(Stdio::null()).status();
    ensure!(status.with_context(|| format!("{program}: install mtools"))?.success(), "{program} {arguments:?} failed");
    Ok(())
}

fn laptop(arguments: &[&str]) -> Result<String> {
    let program = std::env::current_exe()?.with_file_name("portaveu-provision");
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().context("portaveu-provision")?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success(), "portaveu-provision {arguments:?}: {said}");
    Ok(said)
}

/// Put it in, wait until the box has done with it, and pull it out.
fn visit(bench: &mut Bench, stick: &Stick) -> Result<()> {
    // Before the first stick there are no such units, which journalctl takes for a mistake.
    let done = "journalctl -b -t portaveu-provision -o cat --no-pager 2>/dev/null | grep -c 'may be pulled out'";
    let before = bench.run(&format!("{done} || true"))?;
    let before: u32 = before.trim().parse().with_context(|| format!("how often a stick was read: {before}"))?;
    bench.machine()?.plug(&stick.0)?;
    bench.until(&format!("test $({done}) -gt {before}"))?;
    bench.machine()?.unplug()
}

fn site(bench: &mut Bench) -> Result<String> {
    bench.run("readlink /var/lib/portaveu-provision/current")
}

/// The box's card, which it writes to a stick that has nothing on it.
fn card(bench: &mut Bench, folder: &Path) -> Result<PathBuf> {
    let empty = Stick::new(&folder.join("empty.img"), None)?;
    visit(bench, &empty)?;
    let cards = empty.folder("portaveu-boxes", &folder.join("cards"))?;
    cards.into_iter().next().context("the box left no card on the stick")
}

/// A stick for that box with the rehearsal's site, signed with this key.
fn signed(folder: &Path, name: &str, card: &Path, site: &Path, key: &Path) -> Result<Stick> {
    let content = folder.join(name);
    std::fs::create_dir(&content)?;
    let text = |path: &Path| path.display().to_string();
    laptop(&["build", "--box", &text(card), "--site", &text(site), "--stick", &text(&content), "--key", &text(key)])?;
    Stick::new(&folder.join(format!("{name}.img")), Some(&content))
}

pub fn a_stick_sets_the_box_up(bench: &mut Bench) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let card = card(bench, folder.path())?;
    let before = site(bench)?;
    let (own_site, key) = (bench.made("root/usr/share/portaveu/first/sites/1")?, bench.made("provision.key")?);
    let stick = signed(folder.path(), "signed", &card, &own_site, &key)?;
    visit(bench, &stick)?;
    let after = site(bench)?;
    ensure!(after != before, "the box still has {before}");
    let receipts = stick.folder("portaveu-receipts", &folder.path().join("receipts"))?;
    ensure!(!receipts.is_empty(), "there is no receipt on the stick");
    bench.answers()
}

pub fn a_strangers_stick_changes_nothing(bench: &mut Bench) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let card = card(bench, folder.path())?;
    let before = site(bench)?;
    laptop(&["keygen", "--without-passphrase", "--out", &folder.path().display().to_string()])?;
    let own_site = bench.made("root/usr/share/portaveu/first/sites/1")?;
    let stick = signed(folder.path(), "stranger", &card, &own_site, &folder.path().join("provision.key"))?;
    visit(bench, &stick)?;
    ensure!(site(bench)? == before, "a stranger's stick was applied");
    let receipts = stick.folder("portaveu-receipts", &folder.path().join("receipts"))?;
    ensure!(!receipts.is_empty(), "nobody is told why it was refused");
    bench.answers()
}

/// The plug is pulled again and again while a stick is applied: the old or the new site is there whole, and answers.
pub fn power_cuts_while_a_stick_is_applied(bench: &mut Bench) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let card = card(bench, folder.path())?;
    let (own_site, key) = (bench.made("root/usr/share/portaveu/first/sites/1")?, bench.made("provision.key")?);
    let begin = Instant::now();
    visit(bench, &signed(folder.path(), "whole", &card, &own_site, &key)?)?;
    let whole = begin.elapsed();
    let mut came_back = vec![site(bench)?];
    for cut in 0..CUTS {
        let stick = signed(folder.path(), &format!("cut-{cut}"), &card, &own_site, &key)?;
        bench.machine()?.plug(&stick.0)?;
        std::thread::sleep(whole * (cut + 1) / CUTS); // from its first moment to its last
        bench.restart()?;
        let site = site(bench)?;
        bench.run(&format!("cd /var/lib/portaveu-provision/{site} && test -s portaveu.toml -a -s metrics.toml"))?;
        ensure!(came_back.last() <= Some(&site), "{site} is older than what was there before the cut");
        came_back.push(site);
    }
    bench.note("sites after power cuts while a stick was applied", came_back.join(" "));
    Ok(())
}
