-- The numbers of dropped generations. They are not used again.
SELECT generation
FROM {data:Identifier}.generations_dropped FINAL
ORDER BY generation
