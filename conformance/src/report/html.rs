//! For people: one page that needs nothing else.

use std::fmt::Write;

use super::{Chapter, OfVersion, Results, Row, Verdict};
use crate::runner::{self, Report};

/// Longer transcripts of conversations that passed are cut after so many lines; JSON has all.
const SHOWN_LINES: usize = 200;

/// The page. Its only script filters; without it the page still reads.
pub fn html(results: &Results<'_>) -> String {
    let mut out = String::new();
    let target = escape(&results.about.target);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>MQTT conformance: {target}</title>\n<style>\n{}</style>\n",
        include_str!("page.css")
    );
    head(&mut out, results);
    results.versions.iter().for_each(|of| summary(&mut out, of));
    filter(&mut out, results);
    for of in &results.versions {
        let _ = writeln!(out, "<h2>MQTT {}</h2>", of.version.name());
        of.chapters.iter().for_each(|chapter| section(&mut out, results, of, chapter));
    }
    conversations(&mut out, results);
    let _ = write!(
        out,
        "<footer>Made by the conformance suite of Hushwing {}. The numbers of the statements are OASIS's, the words \
         are ours.</footer>\n<script>\n{}</script>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        include_str!("page.js")
    );
    out
}

fn head(out: &mut String, results: &Results<'_>) {
    let about = &results.about;
    let versions: Vec<&str> = results.versions.iter().map(|of| of.version.name()).collect();
    let _ = writeln!(
        out,
        "<h1>MQTT conformance</h1>\n<p class=\"about\">{} · MQTT {} · {} · {} conversations in {:.1} s</p>\n\
         <div class=\"cards\">",
        escape(&about.target),
        versions.join(", "),
        about.date,
        results.conversations.len(),
        about.seconds
    );
    for verdict in Verdict::ALL {
        let _ = writeln!(
            out,
            "<div class=\"card {}\"><b>{}</b><span>{}</span></div>",
            verdict.name(),
            results.count(verdict),
            verdict.words()
        );
    }
    out.push_str("</div>\n");
}

fn summary(out: &mut String, of: &OfVersion) {
    let _ = write!(
        out,
        "<h2>MQTT {} by chapter</h2>\n<div class=\"scroll\"><table>\n<tr><th>Chapter</th>",
        of.version.name()
    );
    for verdict in Verdict::ALL {
        let _ = write!(out, "<th>{}</th>", verdict.words());
    }
    out.push_str("<th></th></tr>\n");
    for chapter in &of.chapters {
        let _ = write!(
            out,
            "<tr><td><a href=\"#{}\">{}</a></td>",
            anchor(of, &chapter.name),
            escape(&chapter.name)
        );
        for verdict in Verdict::ALL {
            let (name, count) = (verdict.name(), chapter.count(verdict));
            let zero = if count == 0 { " zero" } else { "" };
            let _ = write!(out, "<td class=\"{name}{zero}\">{count}</td>");
        }
        out.push_str("<td><span class=\"bar\">");
        for verdict in Verdict::ALL {
            let count = chapter.count(verdict);
            if count > 0 {
                let _ = write!(out, "<i class=\"{}\" style=\"flex:{count}\"></i>", verdict.name());
            }
        }
        out.push_str("</span></td></tr>\n");
    }
    out.push_str("</table></div>\n");
}

fn filter(out: &mut String, results: &Results<'_>) {
    out.push_str("<nav>\n");
    for verdict in Verdict::ALL {
        let (name, words, count) = (verdict.name(), verdict.words(), results.count(verdict));
        let _ = writeln!(
            out,
            "<label class=\"{name}\"><input type=\"checkbox\" id=\"show-{name}\" checked> {words} ({count})</label>"
        );
    }
    out.push_str("<input type=\"search\" id=\"search\" placeholder=\"MQTT-3.3, will, retained …\" ");
    out.push_str("aria-label=\"Search statements\">\n</nav>\n");
}

fn section(out: &mut String, results: &Results<'_>, of: &OfVersion, chapter: &Chapter) {
    let (passed, all) = (chapter.count(Verdict::Passed), chapter.rows.len());
    let _ = writeln!(
        out,
        "<section class=\"chapter\" id=\"{}\">\n<h3>{} <small>{passed} of {all} passed</small></h3>",
        anchor(of, &chapter.name),
        escape(&chapter.name)
    );
    chapter.rows.iter().for_each(|row| statement(out, results, of, row));
    out.push_str("</section>\n");
}

fn statement(out: &mut String, results: &Results<'_>, of: &OfVersion, row: &Row) {
    let open = if row.verdict == Verdict::Failed { " open" } else { "" };
    let _ = writeln!(
        out,
        "<details class=\"row {}\" id=\"{}\"{open}><summary><span class=\"verdict\">{}</span> \
         <code class=\"id\">{}</code> <span class=\"words\">{}</span></summary><div>",
        row.verdict.name(),
        anchor(of, &row.id),
        row.verdict.words(),
        escape(&row.id),
        escape(&row.requirement)
    );
    if !row.section.is_empty() {
        let _ = writeln!(out, "<p class=\"reason\">Section {}</p>", escape(&row.section));
    }
    if !row.reason.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", escape(&row.reason));
    }
    if !row.conversations.is_empty() {
        out.push_str("<ul class=\"conversations\">\n");
        let own =
            row.conversations.iter().filter_map(|index| Some((*index, results.conversations.get(*index)?)));
        let (failed, others): (Vec<_>, Vec<_>) = own.partition(|(_, report)| report.failed());
        failed.into_iter().chain(others).for_each(|(index, report)| conversation_of(out, index, report));
        out.push_str("</ul>\n");
    }
    out.push_str("</div></details>\n");
}

/// One conversation of a statement: a link to what was said, and what was expected if it failed.
fn conversation_of(out: &mut String, index: usize, report: &Report) {
    let (class, words) = verdict(report);
    let _ = write!(
        out,
        "<li class=\"{class}\"><span class=\"verdict\">{words}</span> <a href=\"#talk-{index}\">{}</a>",
        escape(&report.script.path())
    );
    match &report.verdict {
        runner::Verdict::Passed => {}
        runner::Verdict::NotSupported(reason) => {
            let _ = write!(out, " <span class=\"reason\">{}</span>", escape(reason));
        }
        runner::Verdict::Failed(failure) => {
            let _ = write!(
                out,
                "<p class=\"expected\">{}<small>{}</small></p>\
                 <details class=\"talk\"><summary>what was said</summary><pre>{}</pre></details>",
                escape(&failure.message),
                escape(&failure.place),
                transcript(&report.transcript, usize::MAX)
            );
        }
    }
    out.push_str("</li>\n");
}

fn conversations(out: &mut String, results: &Results<'_>) {
    out.push_str("<h2>Conversations</h2>\n");
    for (index, report) in results.conversations.iter().enumerate() {
        let (class, words) = verdict(report);
        let _ = writeln!(
            out,
            "<details class=\"talk {class}\" id=\"talk-{index}\"><summary>{words} · MQTT {} · <b>{}</b> · {:.3} s\
             </summary><pre>{}</pre></details>",
            report.version.name(),
            escape(&report.script.path()),
            report.duration.as_secs_f64(),
            transcript(&report.transcript, SHOWN_LINES)
        );
    }
}

fn verdict(report: &Report) -> (&'static str, &'static str) {
    let verdict = match report.verdict {
        runner::Verdict::Passed => Verdict::Passed,
        runner::Verdict::Failed(_) => Verdict::Failed,
        runner::Verdict::NotSupported(_) => Verdict::NotSupported,
    };
    (verdict.name(), verdict.words())
}

/// Lines of a transcript, told apart by what they are.
fn transcript(text: &str, most: usize) -> String {
    let mut out = String::new();
    for line in text.lines().take(most) {
        let class = if line.starts_with("            ") {
            "bytes"
        } else if line.contains(" -> ") {
            "sent"
        } else if line.contains(" <- ") {
            "came"
        } else {
            "note"
        };
        let _ = writeln!(out, "<span class=\"{class}\">{}</span>", escape(line));
    }
    let more = text.lines().count().saturating_sub(most);
    if more > 0 {
        let _ = writeln!(out, "… {more} more lines; the JSON report has them");
    }
    out
}

/// A place in the page: letters, digits, full stops and hyphens.
fn anchor(of: &OfVersion, name: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    format!("v{}-{}", of.version.name(), name.chars().map(legal).collect::<String>())
}

fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
