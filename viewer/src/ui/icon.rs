//! Icons, painted: no font has all of them everywhere.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, epaint::PathShape, pos2, vec2};
use std::f32::consts::{PI, TAU};

/// What an icon stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Pause,
    Play,
    Refresh,
    Export,
    Sun,
    Moon,
    Help,
    Search,
    Check,
    Warning,
    Up,
    Down,
    Close,
    Fold,
    Unfold,
    Bookmark,
}

/// Paints an icon into a square of about 16 points.
pub(crate) fn paint(painter: &Painter, rect: Rect, icon: Icon, color: Color32) {
    let square = Rect::from_center_size(rect.center(), vec2(16.0, 16.0));
    let at = |x: f32, y: f32| square.min + vec2(x, y);
    let stroke = Stroke::new(1.5, color);
    let line = |points: &[(f32, f32)]| {
        painter.add(Shape::line(
            points.iter().map(|&(x, y)| at(x, y)).collect(),
            stroke,
        ));
    };
    match icon {
        Icon::Pause => {
            for x in [4.5, 9.5] {
                painter.rect_filled(Rect::from_min_size(at(x, 3.5), vec2(2.5, 9.0)), 0.5, color);
            }
        }
        Icon::Play => {
            let points = vec![at(5.0, 3.0), at(13.0, 8.0), at(5.0, 13.0)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Icon::Refresh => {
            painter.add(Shape::line(
                arc(at(8.0, 8.0), 5.2, -0.3 * PI, 1.45 * PI),
                stroke,
            ));
            let tip = vec![at(9.2, 0.6), at(14.4, 3.4), at(9.6, 6.2)];
            painter.add(Shape::convex_polygon(tip, color, Stroke::NONE));
        }
        Icon::Bookmark => {
            let points = [
                (4.5, 2.5),
                (11.5, 2.5),
                (11.5, 13.5),
                (8.0, 10.4),
                (4.5, 13.5),
            ];
            let points = points.map(|(x, y)| at(x, y)).to_vec();
            painter.add(Shape::Path(PathShape::closed_line(points, stroke)));
        }
        Icon::Fold => line(&[(9.5, 4.0), (5.5, 8.0), (9.5, 12.0)]),
        Icon::Unfold => line(&[(6.5, 4.0), (10.5, 8.0), (6.5, 12.0)]),
        Icon::Export => {
            line(&[(8.0, 2.5), (8.0, 9.5)]);
            line(&[(4.8, 6.6), (8.0, 9.8), (11.2, 6.6)]);
            line(&[(2.5, 10.5), (2.5, 13.5), (13.5, 13.5), (13.5, 10.5)]);
        }
        Icon::Sun => {
            painter.circle_stroke(at(8.0, 8.0), 3.0, stroke);
            for step in 0..8 {
                let (sin, cos) = (step as f32 * TAU / 8.0).sin_cos();
                line(&[
                    (8.0 + cos * 5.0, 8.0 + sin * 5.0),
                    (8.0 + cos * 6.8, 8.0 + sin * 6.8),
                ]);
            }
        }
        Icon::Moon => {
            // Two circles that cut each other: the outer edge the long way round, the inner one back.
            let mut points = arc(at(8.0, 8.0), 5.5, 0.449, 4.658);
            points.extend(arc(at(11.0, 6.0), 4.8, 3.955, 1.152));
            painter.add(Shape::Path(PathShape::closed_line(points, stroke)));
        }
        Icon::Help => {
            painter.text(
                at(8.0, 8.0),
                egui::Align2::CENTER_CENTER,
                "?",
                super::theme::bold(14.0),
                color,
            );
        }
        Icon::Search => {
            painter.circle_stroke(at(7.0, 7.0), 4.0, stroke);
            line(&[(10.0, 10.0), (13.5, 13.5)]);
        }
        Icon::Check => line(&[(3.8, 8.4), (6.8, 11.4), (12.4, 4.8)]),
        Icon::Warning => {
            let points = vec![at(8.0, 2.2), at(14.6, 13.6), at(1.4, 13.6)];
            painter.add(Shape::Path(PathShape::closed_line(points, stroke)));
            line(&[(8.0, 6.4), (8.0, 9.8)]);
            painter.circle_filled(at(8.0, 11.7), 0.9, color);
        }
        Icon::Up => {
            let points = vec![at(4.5, 10.0), at(8.0, 5.5), at(11.5, 10.0)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Icon::Down => {
            let points = vec![at(4.5, 6.0), at(11.5, 6.0), at(8.0, 10.5)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Icon::Close => {
            line(&[(4.0, 4.0), (12.0, 12.0)]);
            line(&[(12.0, 4.0), (4.0, 12.0)]);
        }
    }
}

fn arc(center: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    (0..=24)
        .map(|step| {
            let (sin, cos) = (from + (to - from) * step as f32 / 24.0).sin_cos();
            pos2(center.x + cos * radius, center.y + sin * radius)
        })
        .collect()
}
