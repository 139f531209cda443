SELECT upper(unnest(string_split(rtrim(content, chr(10)), chr(10)))) AS line FROM read_text('/dev/stdin');
