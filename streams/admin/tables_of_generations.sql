-- The tables in which each generation is a partition.
SELECT name
FROM system.tables
WHERE database = {data:String} AND partition_key = 'generation'
ORDER BY name
