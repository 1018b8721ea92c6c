/** The named schemas of answers, as answer-json.ts makes them. */
import { fates, lensNames, statuses } from "../model/answer.js";
import { polarities, sourceClasses } from "../model/entry.js";
import {
  amount,
  anyHex,
  anything,
  hex,
  list,
  moment,
  named,
  oneOf,
  type Schema,
  shape,
  share,
  text,
  truth,
  whole,
} from "./schema.js";

const value = anything(
  'A value: `true`, `12`, `1.5` and `"text"` as they are, everything else as an object with its ' +
    '`kind`, such as `{"kind": "version", "version": "120", "bound": "exact"}`.',
);
const winner = anything("The value that wins; null where nothing wins.");
const confidence = share("How sure the answer is.");
const conflict = share(
  "How far the claims disagree: the entropy of the supports over its maximum.",
);
const status = oneOf("How far the claims agree.", statuses);
const lens = oneOf("The rule.", lensNames);

const claim = shape(
  "A claim that an answer rests on.",
  {
    id: hex("Its id.", 32),
    log_id: hex("The log that it stands in first.", 32),
    index: whole("Its index there."),
    hybrid_time: text("Recorded time, as decimal text."),
    recorded_at: moment("Recorded time."),
    author: hex("Who signed it.", 32),
    source_id: text("Where the author has it from."),
    source_class: oneOf("The class that counts for this author.", sourceClasses),
    polarity: oneOf("For or against the value.", polarities),
    confidence: share("As claimed."),
    weight: amount("What it adds to the support of its value; negative where it takes some off."),
    asserted_at: moment("When the author said so."),
  },
  { on_behalf_of: text("For whom, where that is honoured.") },
);

const support = shape("A distinct value and what speaks for it.", {
  value,
  support: amount("What speaks for it, denials taken off, never below 0."),
  claim_count: whole("How many claims it rests on."),
  voice_count: whole("How many distinct voices they have."),
  claims: list("The weightiest claims first, at most 16.", named("Claim")),
});

const tier = shape("The answer of the sources of one class.", {
  source_class: oneOf("The class.", sourceClasses),
  winner,
  confidence,
  conflict,
  status,
  supports: list("Ranked.", named("Support")),
});

const constraint = shape(
  "A rule that holds below a concept.",
  {
    predicate: oneOf("What it says of the value.", ["must_use", "forbidden"]),
    concept_path: text("The concept that the rule was claimed of."),
    value,
    holds: truth("More speaks for the rule than against it."),
    contradicted: truth("The same value must be used and is forbidden, at one concept."),
    confidence,
    conflict,
    status,
    claims: list("The reasons, for and against, at most 16.", named("Claim")),
  },
  { source_class: oneOf("The class of the sources that decided.", sourceClasses) },
);

const counts = shape("What became of the claims of the question.", {
  candidates: whole("Claims at the moment asked for."),
  considered: whole("That the lens weighed."),
  revised: whole("That their own voices revised."),
  redacted: whole("That were erased."),
  ineligible: whole("That did not count for another reason; `/v1/explain` says which."),
});

const answer = shape(
  "The answer to a question.",
  {
    concept_path: text("The concept that was asked, aliases resolved."),
    predicate: text("The predicate."),
    winner,
    confidence,
    conflict,
    status,
    supports: list("The distinct values, ranked; at most 64.", named("Support")),
    value_count: whole("How many distinct values there are."),
    counts: named("Counts"),
  },
  {
    tiers: list("With the layered lens: the best class first.", named("Tier")),
    tiers_conflict: share("With the layered lens: how far the tiers' winners disagree."),
    without_votes: truth("With the votes lens: nobody voted, and consensus decided."),
    constraints: list("With the constraints lens: the rules.", named("Constraint")),
    many_valued: truth("The predicate may have many values; this answer is about one of them."),
  },
);

const basis = shape(
  "What answers rest on.",
  {
    lens,
    lens_version: whole("Version of the rule's definition."),
    parameters: {
      type: "object",
      description: "What the lens was told, by the names of requests.",
    },
    frontier: anyHex("What the views held: a token that `as_of` and `freshness` take.", 65_536),
    evaluated_at: moment("The moment that claims were aged to."),
  },
  {
    as_of: text("The moment asked for."),
    settled: truth("With `as_of`: nothing can be recorded at or before it any more."),
  },
);

const behind = truth("The views had not seen all that was wanted when the wait was over.");

const queryAnswer = shape(
  "Answers; a question that nobody answered has none.",
  {
    answers: list("In the order asked, or of concept path and predicate.", named("Answer")),
    basis: named("Basis"),
    behind,
    query_id: hex("Names this query for `/v1/trace`.", 16),
  },
  { next_cursor: anyHex("Set where there are more: give it as `cursor`.", 1_024) },
);

const explanation = shape("How an answer comes about.", {
  answers: list("One, or one for each value of a many-valued predicate.", named("Answer")),
  summary: list("For people.", text("A sentence.")),
  claims: list(
    "Every claim, the weightiest first, at most 4,096.",
    shape(
      "A claim in the light of the answer.",
      {
        claim: named("Claim"),
        value,
        fate: oneOf("What became of it.", fates),
        sentence: text("How its weight came about, or why it lost."),
        decay: share("What ageing left of its confidence."),
      },
      {
        fate_entry: hex("The entry that decided its fate.", 32),
        trust: share("Of its voice, where the lens asks for it."),
      },
    ),
  ),
  claim_count: whole("How many claims there are."),
  counterfactuals: list(
    "The same question without somebody: the weightiest 64 authors and 64 sources.",
    shape(
      "Without an author or a source.",
      {
        winner,
        confidence,
        status,
        turns: truth("Another value, or none, would win."),
      },
      {
        without_author: hex("Without this author.", 32),
        without_source: text("Without this source."),
      },
    ),
  ),
  turning_set: list("Claims whose removal turns the answer.", hex("An id.", 32)),
  turning_set_smallest: truth("No smaller set turns it."),
  ineffective: list(
    "Entries about these claims that have no effect.",
    shape("An entry, and why.", {
      id: hex("Its id.", 32),
      kind: oneOf("What it is.", ["retraction", "supersession", "vote", "endorsement"]),
      sentence: text("Why it has none."),
    }),
  ),
  basis: named("Basis"),
  behind,
});

const difference = shape("The difference between the answers at two moments.", {
  from: list("The answers then.", named("Answer")),
  to: list("The answers later.", named("Answer")),
  winner_changed: truth("Another value wins."),
  changes: list(
    "Claims that came, went, or weigh differently; at most 4,096.",
    shape("A change.", {
      claim: named("Claim"),
      value,
      before: {
        description: "What had become of it; null: it had not been recorded.",
        enum: [...fates, null],
      },
      after: oneOf("What became of it.", fates),
      weight_before: amount("Its weight then."),
      weight_after: amount("Its weight later."),
    }),
  ),
  from_basis: named("Basis"),
  to_basis: named("Basis"),
  behind,
});

/** By their names in the API description; what a schema refers to stands before it. */
export const answerSchemas: Readonly<Record<string, Schema>> = {
  Claim: claim,
  Support: support,
  Tier: tier,
  Constraint: constraint,
  Counts: counts,
  Answer: answer,
  Basis: basis,
  QueryAnswer: queryAnswer,
  Explanation: explanation,
  Difference: difference,
};
