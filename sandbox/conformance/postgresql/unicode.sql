\pset tuples_only on
\pset format unaligned
SELECT 'Grüße, 世界! 🎉';
