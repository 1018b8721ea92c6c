/** Examples of what commands that ask and act print with `--json`; see json-examples.ts. */
import type { JsonExample } from "./json-examples.js";

const logId = "0f8270423a23484e6c9321ef155a31a024c9693f6b6e0036b6080d773b723050";
const entryId = "00ede1a052848b7d2ad8b1ad17d680ecc18cedd23efc9ac916a946a16a30284d";
const otherId = "5b0e5d2f30c1c9d0a3f6e49f907610b4fb8f6b3b38786efec5ba54003cd03c17";
const author = "0ffa1c47cbafaba9d3282758b79e48ee512c6f5ed5cdea3b5c4ffc4310a69e5d";
const question = { concept_path: "web/feature/grid/chrome", predicate: "supported_since" };
const version = { kind: "version", version: "57", bound: "exact" };

const claim = {
  id: entryId,
  log_id: logId,
  index: 7,
  hybrid_time: "117667463237926912",
  recorded_at: "2026-11-23T19:43:21.067Z",
  author,
  source_id: "caniuse",
  source_class: "community",
  polarity: "affirms",
  confidence: 1,
  weight: 0.99,
  asserted_at: "2026-11-23T19:43:21Z",
};

const answer = {
  ...question,
  winner: version,
  confidence: 1,
  conflict: 0,
  status: "unanimous",
  supports: [{ value: version, support: 0.99, claim_count: 1, voice_count: 1, claims: [claim] }],
  value_count: 1,
  counts: { candidates: 1, considered: 1, revised: 0, redacted: 0, ineligible: 0 },
};

const basis = {
  lens: "consensus",
  lens_version: 1,
  parameters: {
    decay: "class",
    lifecycles: ["proposed", "under_review", "approved"],
    voices: "authors",
    confidence_min: 0,
    trust_min: 0,
    recency_time: "asserted",
  },
  frontier: `${logId}000000000000000816e3c04fbd676311`,
  evaluated_at: "2026-11-23T19:43:21Z",
};

const receipt = {
  id: otherId,
  log_id: logId,
  index: 9,
  hybrid_time: "117667463240155136",
  recorded_at: "2026-11-23T19:43:21.101Z",
  level: "durable",
  existed: false,
};

const source = {
  source_id: "caniuse",
  claim_count: 1,
  source_class: "community",
  record: null,
  retracted: false,
  retraction_reason: null,
};

const projections = ["questions", "lists", "answers"].map((name) => ({
  name,
  state: "live",
  applied: 8,
  stopped_at: null,
  stopped_because: null,
  retry_in_ms: null,
}));

const asked = "web/feature/grid/chrome supported_since";

export const answerExamples: readonly JsonExample[] = [
  {
    name: "query",
    doc:
      "One answer per line, with all that it rests on; the same as over HTTP. `winner` is " +
      "`null` where nothing wins. Of `supports` at most 64 are listed, of their `claims` 16. " +
      "`tiers` and `tiers_conflict` belong to the layered lens, `constraints` to the lens of " +
      "that name; `without_votes` and `many_valued` are there where they are true. `as_of` and " +
      "`settled` are there where a moment was asked for. `behind`: the views had not seen all " +
      "that was wanted.",
    command: `steme query ${asked} --json`,
    value: { ...answer, basis, behind: false, query_id: "61b32a25f0a1f0d2a4c7d3a2f0e1b4c8" },
  },
  {
    name: "explain",
    doc:
      "`fate_entry` names the entry that took a claim out, `trust` is there where the lens asks " +
      "for it; a counterfactual has `without_author` or `without_source`.",
    command: `steme explain ${asked} --json`,
    value: {
      answers: [answer],
      summary: ["57 wins by consensus with confidence 1; nothing else is claimed."],
      claims: [
        {
          claim,
          value: version,
          fate: "considered",
          sentence: "counts 0.99: confidence 1, aged 1 day with a half-life of 90 days (x 0.99)",
          decay: 0.99,
        },
      ],
      claim_count: 1,
      counterfactuals: [
        { without_author: author, winner: null, confidence: 0, status: "none", turns: true },
      ],
      turning_set: [entryId],
      turning_set_smallest: true,
      ineffective: [],
      basis,
      behind: false,
    },
  },
  {
    name: "diff",
    doc: "`before` is `null` for a claim that had not been recorded yet.",
    command: `steme diff ${asked} --from 6 --json`,
    value: {
      from: [],
      to: [answer],
      winner_changed: true,
      changes: [
        {
          claim,
          value: version,
          before: null,
          after: "considered",
          weight_before: 0,
          weight_after: 0.99,
        },
      ],
      from_basis: { ...basis, as_of: `${logId}/6`, settled: true },
      to_basis: basis,
      behind: false,
    },
  },
  {
    name: "concepts",
    doc: "One concept per line. `has_children` is told with `--children`.",
    command: "steme concepts --json",
    value: {
      concept_path: "web/feature/grid/chrome",
      predicates: ["supported_since"],
      claim_count: 1,
      has_children: false,
    },
  },
  {
    name: "conflicts",
    doc: "One question per line, the most contested first.",
    command: "steme conflicts --json",
    value: {
      ...question,
      claim_count: 2,
      conflict: 0.992775,
      value_count: 2,
      hybrid_time: "117667463237926912",
      recorded_at: "2026-11-23T19:43:21.067Z",
    },
  },
  {
    name: "sources list",
    doc:
      "One source per line. `source_class` is the best that a claim gave it; `record` is what " +
      "its latest `source_record` says, `null` where nobody registered it.",
    command: "steme sources list --json",
    value: source,
  },
  {
    name: "sources show",
    doc: "A source, with the newest claims that name it, as records.",
    command: "steme sources show caniuse --json",
    value: {
      ...source,
      claims: [
        {
          id: entryId,
          log_id: logId,
          index: 7,
          hybrid_time: "117667463237926912",
          recorded_at: "2026-11-23T19:43:21.067Z",
          entry: {
            author,
            salt: "1feb38840bc6fecd5dc328fae7a26494",
            ...question,
            value: version,
            polarity: "affirms",
            confidence: 1,
            source: { id: "caniuse", class: "community" },
            asserted_at: "2026-11-23T19:43:21Z",
            lifecycle: "proposed",
          },
        },
      ],
    },
  },
  {
    name: "retract",
    doc: "The receipt of the retraction.",
    command: `steme retract ${entryId} --json`,
    value: receipt,
  },
  {
    name: "retract --dry-run",
    doc: "The answers as they are, and as they would be. Nothing was appended.",
    command: `steme retract ${entryId} --dry-run --json`,
    value: {
      dry_run: true,
      target: entryId,
      concept_path: "web/feature/grid/chrome",
      before: [answer],
      after: [
        {
          ...answer,
          winner: null,
          confidence: 0,
          status: "none",
          supports: [],
          value_count: 0,
          counts: { candidates: 1, considered: 0, revised: 0, redacted: 0, ineligible: 1 },
        },
      ],
      winner_changed: true,
      basis,
    },
  },
  {
    name: "vote",
    doc: "`vote` and `endorse`: the receipt, and the claim that it is about.",
    command: `steme vote ${entryId} --against --json`,
    value: { ...receipt, target: entryId },
  },
  {
    name: "sources retract",
    doc:
      "The receipt, and whether the withdrawal takes effect: `null` where the views cannot tell " +
      "yet.",
    command: "steme sources retract study/17 --json",
    value: { ...receipt, source_id: "study/17", effective: true },
  },
  {
    name: "views status",
    doc:
      "`applied` is what every projection has applied. `building` is set while views are built " +
      "anew. A projection is `live`, `catching_up` or `stopped` (exit code 10), and then says " +
      "where, why, and when it is tried again.",
    command: "steme views status --json",
    value: {
      generation: 1,
      version: 1,
      applied: 8,
      size: 8,
      lag_ms: 0,
      bytes: 86016,
      building: null,
      writer_pid: 4711,
      writer_restarts: 0,
      projections,
    },
  },
  {
    name: "views rebuild",
    doc: "Printed once, when the new views are in use.",
    command: "steme views rebuild --json",
    value: { generation: 2, applied: 1000000, seconds: 12.4, entries_per_second: 80645 },
  },
  {
    name: "views verify",
    doc: "`different` names at most 100 questions; with any `differences` the exit code is 10.",
    command: "steme views verify --json",
    value: { questions: 1204, total: 1204, differences: 0, different: [] },
  },
];
