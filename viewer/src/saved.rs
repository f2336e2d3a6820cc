//! Views that were given a name, in a file: `{"Weekly plays": ["--view", "overlay", "--range", "7d"]}`.

use crate::{
    command_line::PROGRAM,
    names::{UnknownName, listed},
};
use anyhow::{Context as _, Result};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Saved views by name, each as the options of the command line that show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedViews {
    path: Option<PathBuf>,
    views: BTreeMap<String, Vec<String>>,
}

impl SavedViews {
    /// Those in the user's folder, beside what the window remembers.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of saved views.
    pub fn of_user() -> Result<Self> {
        match eframe::storage_dir(PROGRAM) {
            Some(folder) => Self::at(folder.join("views.json")),
            None => Ok(Self::default()),
        }
    }

    /// Those in a file, which need not be there yet.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of saved views.
    pub fn at(path: PathBuf) -> Result<Self> {
        let views = read(&path)?;
        Ok(Self {
            path: Some(path),
            views,
        })
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.views.keys()
    }

    /// The options of a view.
    pub fn get(&self, name: &str) -> Option<&[String]> {
        self.views.get(name).map(Vec::as_slice)
    }

    /// The same for a name on the command line.
    ///
    /// # Errors
    /// No view has this name.
    pub fn named(&self, name: &str) -> Result<&[String], UnknownName> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&String> = self.names().collect();
            UnknownName(format!(
                "no saved view is called \"{name}\"\n  there are: {}",
                listed(&names)
            ))
        })
    }

    /// Saves a view, in place of one with the same name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&mut self, name: &str, options: Vec<String>) -> Result<()> {
        self.change(|views| {
            views.insert(name.to_owned(), options);
        })
    }

    /// Forgets a view.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        self.change(|views| {
            views.remove(name);
        })
    }

    /// Reads the file again before it writes it: another window may have saved a view meanwhile.
    fn change(&mut self, change: impl FnOnce(&mut BTreeMap<String, Vec<String>>)) -> Result<()> {
        if let Some(path) = &self.path {
            self.views = read(path)?;
        }
        change(&mut self.views);
        match &self.path {
            Some(path) => write(path, &self.views),
            None => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    serde_json::from_str(&text).with_context(|| {
        format!(
            "{} does not hold saved views; move it away to begin anew",
            path.display()
        )
    })
}

/// The file is there as a whole or as it was, whenever the program ends.
fn write(path: &Path, views: &BTreeMap<String, Vec<String>>) -> Result<()> {
    let text = serde_json::to_string_pretty(views)?;
    let new = path.with_extension("json.new");
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&new, text + "\n")?;
        fs::rename(&new, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_window_saves_another_one_does_not_lose() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("views.json");
        let mut one = SavedViews::at(path.clone()).unwrap();
        let mut other = SavedViews::at(path.clone()).unwrap();
        let options = vec!["--view".to_owned(), "live".to_owned()];
        one.save("one", options.clone()).unwrap();
        other.save("other", options.clone()).unwrap();
        let again = SavedViews::at(path.clone()).unwrap();
        assert_eq!(again.names().collect::<Vec<_>>(), ["one", "other"]);
        assert_eq!(again.named("one"), Ok(options.as_slice()));
        let unknown = again.named("third").unwrap_err().to_string();
        assert!(
            unknown.contains("third") && unknown.contains("one, other"),
            "{unknown}"
        );
        one.remove("other").unwrap();
        assert_eq!(SavedViews::at(path).unwrap().names().count(), 1);
    }

    #[test]
    fn a_file_of_something_else_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("views.json");
        fs::write(&path, "{").unwrap();
        let error = format!("{:#}", SavedViews::at(path.clone()).unwrap_err());
        assert!(error.contains("views.json"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "{");
    }
}
