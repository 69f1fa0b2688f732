//! JUnit XML, which build servers read: a suite for each chapter, a case for each statement.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Chapter, OfVersion, Results, Row, Verdict};
use crate::runner;

type Out = Writer<Vec<u8>>;

/// The whole document.
///
/// # Errors
/// None in practice; what the encoder says.
pub fn junit(results: &Results<'_>) -> Result<String, String> {
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut out, results).map_err(|error| error.to_string())?;
    let mut text = String::from_utf8(out.into_inner()).map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text)
}

fn write(out: &mut Out, results: &Results<'_>) -> std::io::Result<()> {
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let tests: usize = Verdict::ALL.into_iter().map(|verdict| results.count(verdict)).sum();
    let (tests, failures) = (tests.to_string(), results.count(Verdict::Failed).to_string());
    let skipped = results.count(Verdict::NotSupported) + results.count(Verdict::NotTestable);
    let (skipped, time) = (skipped.to_string(), format!("{:.3}", results.about.seconds));
    out.create_element("testsuites")
        .with_attribute(("name", format!("MQTT conformance of {}", results.about.target).as_str()))
        .with_attribute(("tests", tests.as_str()))
        .with_attribute(("failures", failures.as_str()))
        .with_attribute(("skipped", skipped.as_str()))
        .with_attribute(("time", time.as_str()))
        .write_inner_content(|out| {
            for of in &results.versions {
                for chapter in &of.chapters {
                    suite(out, results, of, chapter)?;
                }
            }
            Ok(())
        })?;
    Ok(())
}

fn suite(out: &mut Out, results: &Results<'_>, of: &OfVersion, chapter: &Chapter) -> std::io::Result<()> {
    let name = format!("MQTT {}, {}", of.version.name(), chapter.name);
    let skipped = chapter.count(Verdict::NotSupported) + chapter.count(Verdict::NotTestable);
    out.create_element("testsuite")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("tests", chapter.rows.len().to_string().as_str()))
        .with_attribute(("failures", chapter.count(Verdict::Failed).to_string().as_str()))
        .with_attribute(("skipped", skipped.to_string().as_str()))
        .write_inner_content(|out| chapter.rows.iter().try_for_each(|row| case(out, results, of, row)))?;
    Ok(())
}

fn case(out: &mut Out, results: &Results<'_>, of: &OfVersion, row: &Row) -> std::io::Result<()> {
    let class = format!("mqtt.{}", of.version.name().replace('.', "_"));
    let time = format!("{:.3}", row.duration.as_secs_f64());
    let element = out
        .create_element("testcase")
        .with_attribute(("classname", class.as_str()))
        .with_attribute(("name", row.id.as_str()))
        .with_attribute(("time", time.as_str()));
    match row.verdict {
        Verdict::Passed => element.write_empty()?,
        Verdict::NotSupported | Verdict::NotTestable => element.write_inner_content(|out| {
            let message = format!("{}: {}", row.verdict.words(), row.reason);
            out.create_element("skipped")
                .with_attribute(("message", clean(&message).as_str()))
                .write_empty()?;
            Ok(())
        })?,
        Verdict::Failed => element.write_inner_content(|out| failures(out, results, row))?,
    };
    Ok(())
}

fn failures(out: &mut Out, results: &Results<'_>, row: &Row) -> std::io::Result<()> {
    for report in row.conversations.iter().filter_map(|index| results.conversations.get(*index)) {
        let runner::Verdict::Failed(failure) = &report.verdict else { continue };
        let text = format!("{}\n\n{report}", row.requirement);
        out.create_element("failure")
            .with_attribute(("type", report.script.path().as_str()))
            .with_attribute(("message", clean(&failure.message).as_str()))
            .write_text_content(BytesText::new(&clean(&text)))?;
    }
    Ok(())
}

/// Without the control characters that XML 1.0 cannot express.
fn clean(text: &str) -> String {
    let allowed =
        |c: char| matches!(c, '\n' | '\t') || (!c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}'));
    text.chars().map(|c| if allowed(c) { c } else { '\u{FFFD}' }).collect()
}
