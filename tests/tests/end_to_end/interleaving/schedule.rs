//! Interleavings of steps.

/// All interleavings of sessions with these numbers of steps, as lists of session numbers.
pub(super) fn schedules(steps: &[usize]) -> Vec<Vec<usize>> {
    if steps.iter().all(|&left| left == 0) {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for session in 0..steps.len() {
        if steps[session] == 0 {
            continue;
        }
        let mut left = steps.to_vec();
        left[session] -= 1;
        for rest in schedules(&left) {
            let mut order = vec![session];
            order.extend(rest);
            all.push(order);
        }
    }
    all
}

#[test]
fn each_interleaving_occurs_once() {
    assert_eq!(schedules(&[1, 2]), [[0, 1, 1], [1, 0, 1], [1, 1, 0]]);
    let orders = schedules(&[2, 2, 2]);
    let distinct: std::collections::BTreeSet<_> = orders.iter().collect();
    assert_eq!((orders.len(), distinct.len()), (90, 90));
}
