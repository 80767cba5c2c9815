-- The laws of the simulated shop. Nothing is stored: every quantity is a function of the seed and of a
-- number, so that a hundred million events need no more memory than a thousand.

-- A number in [0, 1), the same for the same arguments. Each purpose has a stream of its own: hashing
-- several arguments at once would only XOR them, and the streams would be copies of each other.
CREATE OR REPLACE TEMP MACRO draw(seed, purpose, number) AS
    (hash((hash(seed::BIGINT, purpose) >> 8)::BIGINT + number::BIGINT) >> 11)::DOUBLE / 9007199254740992;

-- Ids tell nothing: neither of popularity (items) nor of activity (users).
CREATE OR REPLACE TEMP MACRO item_name(number, items) AS 'item-' || (number * 7919 + 13) % items;
CREATE OR REPLACE TEMP MACRO user_name(number, users) AS 'user-' || (number * 7907 + 17) % users;

-- Item `number` has a category and, within it, a rank of popularity from 1.
CREATE OR REPLACE TEMP MACRO item_category(number, categories) AS number % categories;
CREATE OR REPLACE TEMP MACRO item_rank(number, categories) AS number // categories + 1;

-- How likely rank `r` of `ranks` is; the ranks are drawn as exp(uniform * ln(ranks + 1)), cut off.
CREATE OR REPLACE TEMP MACRO rank_share(r, ranks) AS ln((r + 1) / r) / ln(ranks + 1);

-- A quarter of the items, never the best two of a category, arrive within the year.
CREATE OR REPLACE TEMP MACRO item_birth_day(seed, number, categories) AS
    CASE
        WHEN item_rank(number, categories) > 2 AND draw(seed, 'late', number) < 0.25
        THEN 345 * draw(seed, 'birth', number)
        ELSE 0
    END;

-- Each category has its season: between 0.4 and 1.6 of its weight.
CREATE OR REPLACE TEMP MACRO season(seed, category, day) AS
    1 + 0.6 * cos(2 * pi() * (day / 365 - draw(seed, 'season', category)));

-- The latent tastes of a user: three categories, with weights 0.55, 0.25 and 0.12; 0.08 is curiosity.
CREATE OR REPLACE TEMP MACRO taste(seed, user, place, categories) AS
    floor(draw(seed, 'taste' || place, user) * categories)::BIGINT;
