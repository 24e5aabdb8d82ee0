-- The generation that readers see, how often it was changed and, in a database that is up to date, those that were live before it, the last
-- one last.
SELECT *
FROM {data:Identifier}.live_generation FINAL
