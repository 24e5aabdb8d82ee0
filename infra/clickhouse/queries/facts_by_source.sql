-- Facts by what their submissions came with: tag, document, collection ('' asks for all) and a number in the metadata.
SELECT DISTINCT user_id, fact_id, content, type, mentioned_at
FROM fact_sources
WHERE org_id = {org_id:String}
    AND status = 'active'
    AND ({tag:String} = '' OR has(tags, {tag:String}))
    AND ({document_id:String} = '' OR document_id = {document_id:String})
    AND ({collection_id:String} = '' OR collection_id = {collection_id:String})
    AND ({key:String} = '' OR JSONExtract(metadata, {key:String}, 'Nullable(Float64)') >= {at_least:Float64})
ORDER BY user_id, mentioned_at DESC, fact_id
LIMIT {limit:UInt32}
