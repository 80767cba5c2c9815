-- Refused lines that hold several: a quote was opened and never closed, or much later.
SELECT line, content
FROM refused_lines()
WHERE reason IN ('wrong quoting', 'longer than 2 MB') AND contains(content, chr(10))
ORDER BY line;
