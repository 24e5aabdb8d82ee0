-- Text search in every language. Texts and what is looked for are folded alike: case, width and compatible letters by
-- Unicode's rules, and the dots of the Turkish i, which case folding alone keeps apart. Of the folded text every two
-- neighbouring letters are indexed, so that words are found that nothing separates (东京塔), and parts of words too.
--
-- LIKE with a constant pattern uses the index. Within % and _ of a pattern mean something: those looked for are escaped.
-- One letter alone is found as well, without the index.

ALTER TABLE {database}_data.facts
    ADD INDEX IF NOT EXISTS content_pairs replaceAll(replaceAll(normalizeUTF8NFKCCasefold(content), 'i\xCC\x87', 'i'), '\xC4\xB1', 'i') TYPE text(tokenizer = ngrams(2));

ALTER TABLE {database}_data.turns
    ADD INDEX IF NOT EXISTS text_pairs replaceAll(replaceAll(normalizeUTF8NFKCCasefold(text), 'i\xCC\x87', 'i'), '\xC4\xB1', 'i') TYPE text(tokenizer = ngrams(2));

ALTER TABLE {database}_data.facts MATERIALIZE INDEX content_pairs;

ALTER TABLE {database}_data.turns MATERIALIZE INDEX text_pairs;

CREATE OR REPLACE VIEW {database}.facts_search AS
SELECT
    * EXCEPT (generation, intervals),
    intervals[-1].valid_from AS valid_from,
    intervals[-1].valid_to AS valid_to
FROM {database}_data.facts FINAL
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
    AND replaceAll(replaceAll(normalizeUTF8NFKCCasefold(content), 'i\xCC\x87', 'i'), '\xC4\xB1', 'i') LIKE concat('%', replaceRegexpAll(replaceAll(replaceAll(normalizeUTF8NFKCCasefold({q:String}), 'i\xCC\x87', 'i'), '\xC4\xB1', 'i'), '[%_\\\\]', '\\\\\\0'), '%')
COMMENT 'The facts whose content holds a text, in any language and case: SELECT ... FROM facts_search(q = ''...'') WHERE org_id = ... Columns as of facts.';

CREATE OR REPLACE VIEW {database}.turns_search AS
SELECT * EXCEPT (version)
FROM {database}_data.turns FINAL
WHERE replaceAll(replaceAll(normalizeUTF8NFKCCasefold(text), 'i\xCC\x87', 'i'), '\xC4\xB1', 'i') LIKE concat('%', replaceRegexpAll(replaceAll(replaceAll(normalizeUTF8NFKCCasefold({q:String}), 'i\xCC\x87', 'i'), '\xC4\xB1', 'i'), '[%_\\\\]', '\\\\\\0'), '%')
COMMENT 'The turns whose text holds a text, in any language and case: SELECT ... FROM turns_search(q = ''...'') WHERE org_id = ... Columns as of turns.';
