-- Text search by every three neighbouring letters instead of two. In a large organisation every two letters of a word
-- stand in nearly every granule, so that a search read all its texts; three hardly do.
--
-- Chinese, Japanese and Korean words of two signs need pairs still: a second index holds the pairs of these signs alone,
-- everything else in the text being one space. What is looked for is treated alike, so whatever holds it holds this too;
-- where it has none of these signs the pattern is '%'. One or two letters of other scripts are found without an index.
--
-- Texts are folded as before. It is written in another way because an expression can have one text index only, and the
-- statements that made the old one may run again.

ALTER TABLE {database}_data.facts
    ADD INDEX IF NOT EXISTS content_threes replaceRegexpAll(normalizeUTF8NFKCCasefold(content), 'i\xCC\x87|\xC4\xB1', 'i') TYPE text(tokenizer = ngrams(3));

ALTER TABLE {database}_data.facts
    ADD INDEX IF NOT EXISTS content_signs replaceRegexpAll(normalizeUTF8NFKCCasefold(content), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' ') TYPE text(tokenizer = ngrams(2));

ALTER TABLE {database}_data.turns
    ADD INDEX IF NOT EXISTS text_threes replaceRegexpAll(normalizeUTF8NFKCCasefold(text), 'i\xCC\x87|\xC4\xB1', 'i') TYPE text(tokenizer = ngrams(3));

ALTER TABLE {database}_data.turns
    ADD INDEX IF NOT EXISTS text_signs replaceRegexpAll(normalizeUTF8NFKCCasefold(text), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' ') TYPE text(tokenizer = ngrams(2));

ALTER TABLE {database}_data.facts MATERIALIZE INDEX content_threes;

ALTER TABLE {database}_data.facts MATERIALIZE INDEX content_signs;

ALTER TABLE {database}_data.turns MATERIALIZE INDEX text_threes;

ALTER TABLE {database}_data.turns MATERIALIZE INDEX text_signs;

CREATE OR REPLACE VIEW {database}.facts_search AS
SELECT
    * EXCEPT (generation, intervals),
    intervals[-1].valid_from AS valid_from,
    intervals[-1].valid_to AS valid_to
FROM {database}_data.facts FINAL
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
    AND replaceRegexpAll(normalizeUTF8NFKCCasefold(content), 'i\xCC\x87|\xC4\xB1', 'i') LIKE concat('%', replaceRegexpAll(replaceRegexpAll(normalizeUTF8NFKCCasefold({q:String}), 'i\xCC\x87|\xC4\xB1', 'i'), '[%_\\\\]', '\\\\\\0'), '%')
    AND replaceRegexpAll(normalizeUTF8NFKCCasefold(content), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' ') LIKE if(match(normalizeUTF8NFKCCasefold({q:String}), '[\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]'), concat('%', replaceRegexpAll(normalizeUTF8NFKCCasefold({q:String}), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' '), '%'), '%')
COMMENT 'The facts whose content holds a text, in any language and case: SELECT ... FROM facts_search(q = ''...'') WHERE org_id = ... Columns as of facts.';

CREATE OR REPLACE VIEW {database}.turns_search AS
SELECT * EXCEPT (version)
FROM {database}_data.turns FINAL
WHERE replaceRegexpAll(normalizeUTF8NFKCCasefold(text), 'i\xCC\x87|\xC4\xB1', 'i') LIKE concat('%', replaceRegexpAll(replaceRegexpAll(normalizeUTF8NFKCCasefold({q:String}), 'i\xCC\x87|\xC4\xB1', 'i'), '[%_\\\\]', '\\\\\\0'), '%')
    AND replaceRegexpAll(normalizeUTF8NFKCCasefold(text), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' ') LIKE if(match(normalizeUTF8NFKCCasefold({q:String}), '[\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]'), concat('%', replaceRegexpAll(normalizeUTF8NFKCCasefold({q:String}), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' '), '%'), '%')
COMMENT 'The turns whose text holds a text, in any language and case: SELECT ... FROM turns_search(q = ''...'') WHERE org_id = ... Columns as of turns.';

ALTER TABLE {database}_data.facts DROP INDEX IF EXISTS content_pairs;

ALTER TABLE {database}_data.turns DROP INDEX IF EXISTS text_pairs;
