//! A cache of results that are computed from immutable data.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// Results by key. All caches compare equal, since results follow from the data; a clone starts empty.
pub(super) struct Memo<K, V: ?Sized>(Mutex<HashMap<K, Arc<V>>>);

impl<K: Eq + Hash, V: ?Sized> Memo<K, V> {
    /// The cached result, computed on a miss. The cache is cleared once it holds `most` entries.
    pub(super) fn get(&self, key: K, most: usize, work_out: impl FnOnce() -> Arc<V>) -> Arc<V> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(&key) {
            return Arc::clone(answer);
        }
        if known.len() >= most {
            known.clear();
        }
        let answer = work_out();
        known.insert(key, Arc::clone(&answer));
        answer
    }
}

impl<K, V: ?Sized> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K, V: ?Sized> Clone for Memo<K, V> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<K, V: ?Sized> PartialEq for Memo<K, V> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<K, V: ?Sized> Eq for Memo<K, V> {}

impl<K, V: ?Sized> std::fmt::Debug for Memo<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memo")
    }
}
