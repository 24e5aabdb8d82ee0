-- How many jobs of one run stand in each state. Of a run are the records of the topic from one offset of each partition on.
SELECT state::String AS state, count() AS jobs
FROM jobs
WHERE source_topic = {topic:String}
    AND assumeNotNull(source_offset) >= {starts:Array(UInt64)}[assumeNotNull(source_partition) + 1]
GROUP BY state
ORDER BY state
