//! The guest that goes through what Rust's standard library can do on `wasm32-wasip2`, and checks
//! each answer.
//!
//!     std FOLDER
//!
//! FOLDER is an empty, writable folder as the guest sees it; it is empty again in the end. Prints one
//! line a step, `ok NAME` or `FAIL NAME: ANSWER`, and exits with 1 if any step failed.

use std::collections::HashMap;
use std::fmt::Debug;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, BufRead, ErrorKind, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

struct Steps {
    failures: usize,
}

impl Steps {
    fn equal<T: PartialEq + Debug>(&mut self, name: &str, answer: T, expected: T) {
        if answer == expected {
            println!("ok {name}");
        } else {
            println!("FAIL {name}: {answer:?}");
            self.failures += 1;
        }
    }

    fn holds(&mut self, name: &str, answer: bool) {
        self.equal(name, answer, true);
    }

    /// A result without its value: the kind of an error, or none.
    fn ends<T>(&mut self, name: &str, answer: io::Result<T>, expected: Option<ErrorKind>) {
        self.equal(name, answer.err().map(|error| error.kind()), expected);
    }
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().into_string().unwrap()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn files(steps: &mut Steps, root: &Path) -> io::Result<()> {
    let file = root.join("a.txt");
    fs::write(&file, "0123456789")?;
    steps.equal(
        "read_to_string",
        fs::read_to_string(&file)?,
        "0123456789".into(),
    );
    steps.ends(
        "create_new",
        File::create_new(&file),
        Some(ErrorKind::AlreadyExists),
    );
    steps.ends(
        "open_missing",
        File::open(root.join("b")),
        Some(ErrorKind::NotFound),
    );
    steps.ends(
        "open_through_file",
        File::open(file.join("b")),
        Some(ErrorKind::NotADirectory),
    );
    let mut both = OpenOptions::new().read(true).write(true).open(&file)?;
    let mut text = String::new();
    steps.equal("seek_end", both.seek(SeekFrom::End(-3))?, 7);
    both.read_to_string(&mut text)?;
    steps.equal("read_after_seek", text.as_str(), "789");
    both.rewind()?;
    both.write_all(b"AB")?;
    steps.equal("stream_position", both.stream_position()?, 2);
    both.sync_all()?;
    both.sync_data()?;
    both.set_len(4)?;
    steps.equal("set_len", fs::read(&file)?, b"AB23".to_vec());
    let mut more = OpenOptions::new().append(true).open(&file)?;
    more.write_all(b"!")?;
    fs::write(root.join("other"), "")?;
    more.write_all(b"?")?;
    steps.equal("append", fs::read_to_string(&file)?, "AB23!?".into());
    let when = UNIX_EPOCH + Duration::new(1_234_567_890, 123_456_000);
    both.set_times(FileTimes::new().set_modified(when).set_accessed(when))?;
    let metadata = fs::metadata(&file)?;
    steps.equal("set_times", metadata.modified()?, when);
    steps.equal("len", metadata.len(), 6);
    steps.holds(
        "is_file",
        metadata.is_file() && !metadata.is_dir() && !metadata.is_symlink(),
    );
    drop((both, more));
    steps.equal("copy", fs::copy(&file, root.join("copy"))?, 6);
    fs::hard_link(&file, root.join("hard"))?;
    fs::rename(root.join("copy"), root.join("moved"))?;
    steps.equal(
        "names",
        names(root)?,
        ["a.txt", "hard", "moved", "other"]
            .map(String::from)
            .to_vec(),
    );
    let vectors = [io::IoSlice::new(b"one "), io::IoSlice::new(b"two")];
    steps.holds(
        "write_vectored",
        File::create(&file)?.write_vectored(&vectors)? > 0,
    );
    for name in ["a.txt", "hard", "moved", "other"] {
        fs::remove_file(root.join(name))?;
    }
    let large: Vec<u8> = (0..300_000u32).map(|i| (i * 7919 >> 3) as u8).collect();
    fs::write(&file, &large)?;
    steps.holds("large", fs::read(&file)? == large);
    fs::remove_file(&file)
}

fn folders(steps: &mut Steps, root: &Path) -> io::Result<()> {
    let deep = root.join("d/e/f");
    fs::create_dir_all(&deep)?;
    steps.ends(
        "create_dir",
        fs::create_dir(root.join("d")),
        Some(ErrorKind::AlreadyExists),
    );
    for i in 0..500 {
        fs::write(deep.join(format!("file {i}")), "x")?;
    }
    steps.equal("read_dir", names(&deep)?.len(), 500);
    let kinds = fs::read_dir(root.join("d"))?
        .map(|entry| Ok(entry?.file_type()?.is_dir()))
        .collect::<io::Result<Vec<_>>>()?;
    steps.equal("file_type", kinds, vec![true]);
    steps.holds("remove_full_dir", fs::remove_dir(root.join("d")).is_err());
    steps.ends(
        "read_folder",
        fs::read(root.join("d")),
        Some(ErrorKind::IsADirectory),
    );
    fs::remove_dir_all(root.join("d"))?;
    steps.equal("remove_dir_all", names(root)?, vec![]);
    Ok(())
}

/// The folder beside FOLDER is not the guest's.
fn outside(steps: &mut Steps, root: &Path) {
    let refused = Some(ErrorKind::PermissionDenied);
    steps.ends("parent", File::open(root.join("../outside")), refused);
    steps.ends(
        "create_in_parent",
        File::create(root.join("../made")),
        refused,
    );
    steps.ends("list_parent", fs::read_dir(root.join("..")), refused);
    steps.ends(
        "rename_to_parent",
        fs::rename(root, root.join("../other")),
        refused,
    );
    steps.holds("absolute", File::open("/etc/passwd").is_err());
}

fn process(steps: &mut Steps) -> io::Result<()> {
    steps.equal(
        "args",
        std::env::args().skip(2).collect(),
        vec!["two words".to_string(), "é".into()],
    );
    let variables: Vec<_> = std::env::vars().collect();
    steps.equal(
        "vars",
        variables,
        vec![
            ("LANG".into(), "en".into()),
            ("SIGNS".into(), "a=b c".into()),
        ],
    );
    steps.equal("no_variable", std::env::var_os("HOME"), None);
    let mut lines = io::stdin().lock().lines();
    steps.equal("line", lines.next().transpose()?, Some("first".into()));
    steps.equal("lines", lines.count(), 2);
    let terminals = [io::stdin().is_terminal(), io::stdout().is_terminal()];
    steps.equal("is_terminal", terminals, [false, false]);
    eprintln!("a line of standard error");
    Ok(())
}

fn time(steps: &mut Steps) {
    let begun = Instant::now();
    std::thread::sleep(Duration::from_millis(30));
    steps.holds("sleep", begun.elapsed() >= Duration::from_millis(30));
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    steps.holds("now", since > Duration::from_secs(1_700_000_000));
    // Its keys are random.
    let map: HashMap<u32, u32> = (0..1000).map(|i| (i, i)).collect();
    steps.equal("map", map.values().sum::<u32>(), 499_500);
    steps.holds("thread", std::thread::Builder::new().spawn(|| ()).is_err());
}

fn main() -> io::Result<()> {
    let mut steps = Steps { failures: 0 };
    let root: PathBuf = std::env::args_os()
        .nth(1)
        .expect("usage: std FOLDER")
        .into();
    files(&mut steps, &root)?;
    folders(&mut steps, &root)?;
    outside(&mut steps, &root);
    process(&mut steps)?;
    time(&mut steps);
    std::process::exit(if steps.failures == 0 { 0 } else { 1 });
}
