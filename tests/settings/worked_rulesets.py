"""The worked examples and fragments of the specification, letter by letter."""

from __future__ import annotations

# ruff: noqa: E501
HIGH_STAKES = """\
schema: holdfast.ruleset/1
id: the5ers.high_stakes.20k
version: 2026-06-05
account: {initial_balance: 20000, currency: USD, platform: [mt5], position_mode: hedging}
clock:
  day_boundary: {zone: America/New_York, at: "17:00"}      # = 00:00 on a NY+7 server, all year
  alternates:                       # POSIX names: Etc/GMT-3 is UTC+3, Etc/GMT+5 is UTC-5
    - {zone: Etc/GMT-3, at: "00:00", why: "help page also says 00:00 UTC+3; differs by 1 h in US winter"}
    - {zone: Etc/GMT+5, at: "17:00", why: "literal reading of '5PM EST' in summer"}
  server_clock: {zone: America/New_York, shift_hours: 7, verify: true}
phases:
  - id: step1
    target:  {pct_of: initial, pct: 8, observed: balance, require_flat: true}   # 21,600.00
    min_days: {counter: profitable_day, count: 3}
    next: step2
  - id: step2
    target:  {pct_of: initial, pct: 5, observed: balance, require_flat: true}   # 21,000.00
    min_days: {counter: profitable_day, count: 3}
    next: funded
  - id: funded
    target: null
    min_days: {counter: profitable_day, count: 3, confidence: C}
limits:
  - id: daily_loss
    anchor: {quantity: "max(balance,equity)", sample: day_boundary, ratchet: none}
    amount: {pct: 5, of: anchor}
    strict_alternates: [{amount: {pct: 5, of: initial}}]     # higher floor wins
    observed: equity
    breach_when: "<="
    consequence: terminate
  - id: total_loss
    anchor: {quantity: initial, sample: once, ratchet: none}
    amount: {pct: 10, of: initial}                            # floor 18,000.00 for ever
    observed: equity
    breach_when: "<="
    consequence: terminate
counters:
  - id: profitable_day
    qualifies: {event: close, min_realised: {pct: 0.5, of: initial},   # 100.00
                net_of: [commission, swap], attribution: close_day}
    window: phase
windows:
  - id: red_news
    kind: news
    calendar: forexfactory
    impact: [high]
    before_s: 120
    after_s: 120
    map: affected_currencies
    forbids: [open, close, rest_entry]
    fill_protective: {allowed: unknown, assume: forbidden_but_never_remove_stop}
    consequence: void_profit
  - {id: weekend, kind: weekend, forbids: []}
exposure:
  leverage: {fx: 100, metals: 33, energy: 33, indices: 25, crypto: 2}
  max_lots: {unknown: true, assume: none}
conduct:
  require_broker_sl: {within_s: 0}            # SL goes in the order itself; no hidden stops
  min_hold: {share_under: {s: 10, max_pct: 10}}   # our reading of "a few seconds or less"
  simultaneous_entries: {max_per_second: 1, min_gap_ms: 2000, reason: "bulk trading"}
  bracket_news: banned
  martingale: discouraged
  opposite_across_accounts: banned
  hedge_same_symbol: unknown
  requests_per_day: 1500
attest: [own_source_ea, no_shared_signals, single_owner_copying_below_500k]
inactivity: {days: 30, event: new_order, alert_at: 25}
payout: {first_after_days: 14, every_days: 14, min: 150, split_pct: 80}
guard:                                        # from system B, made relative
  daily_ladder_pct_of_allowance: {warn: 40, reduce: 60, block: 70, flatten: 80}
  total_ladder_pct_of_allowance: {warn: 50, reduce: 65, block: 80, flatten: 90}
  reduce_multiplier: 0.5
  max_open_risk_pct: 5.0
  risk_per_trade_pct: 0.6
  boundary_lookahead_min: 30
  news_extra_s: 30
sources:
  - {field: limits.daily_loss, url: help.the5ers.com/what-is-the-maximum-loss..., confidence: A}
  - {field: counters.profitable_day, url: propfirmlabs.com + quantvps.com, confidence: B}
unknown:
  - {field: clock, assume: "both instants", ask: "reset instant in US winter"}
"""

TWO_STEP = """\
schema: holdfast.ruleset/1
id: ftmo.two_step.100k
version: 2026-06-30
account: {initial_balance: 100000, currency: USD, platform: [mt4, mt5, ctrader], position_mode: hedging}
clock:
  day_boundary: {zone: Europe/Prague, at: "00:00"}
  server_clock: {zone: America/New_York, shift_hours: 7, verify: true}   # MT4/5; cTrader user-set
phases:
  - id: challenge
    target: {pct_of: initial, pct: 10, observed: balance, require_flat: true}   # 110,000
    min_days: {counter: trading_day, count: 4}
    rules: {disable: [news_standard, weekend_standard]}
    next: verification
  - id: verification
    target: {pct_of: initial, pct: 5, observed: balance, require_flat: true}    # 105,000
    min_days: {counter: trading_day, count: 4}
    rules: {disable: [news_standard, weekend_standard]}
    next: funded_standard
  - id: funded_standard
    target: null
    rules: {enable: [news_standard, weekend_standard]}
  - id: funded_swing
    target: null
    rules: {disable: [news_standard, weekend_standard], override: {exposure.leverage.fx: 30}}
limits:
  - id: daily_loss
    anchor: {quantity: balance, sample: day_boundary, ratchet: none}   # day 1: initial
    amount: {pct: 5, of: initial}                                       # always 5,000
    observed: equity                # incl. commission and swap
    breach_when: "<"
    consequence: terminate
  - id: total_loss
    anchor: {quantity: initial, sample: once, ratchet: none}
    amount: {pct: 10, of: initial}                                      # 90,000
    observed: equity
    breach_when: "<"
    consequence: terminate
counters:
  - id: trading_day
    qualifies: {event: open, attribution: open_day}
    window: phase
windows:
  - id: news_standard
    kind: news
    calendar: ftmo
    impact: [restricted]
    before_s: 120
    after_s: 120
    map: listed_instruments
    forbids: [open, close, fill_protective, rest_entry]
    exempt: {}
    consequence: agreement_breach
  - id: weekend_standard
    kind: market_break
    min_break_min: 120
    before_s: 900
    forbids: [hold]
    consequence: agreement_breach
exposure:
  leverage: {fx: 100, equities: 3.3}
  max_lots: {per_order: {fx: 50}, confidence: C}
conduct:
  gap_trading: {no_open_before_break_min: 120, break_min: 120, no_open_right_before_major_news: true}
  hedge_same_symbol: allowed
  opposite_across_accounts: banned
  requests_per_day: 2000        # C
  open_orders_max: 200          # C
guard:
  daily_ladder_pct_of_allowance: {warn: 40, reduce: 60, block: 70, flatten: 80}
  total_ladder_pct_of_allowance: {warn: 50, reduce: 65, block: 80, flatten: 90}
  boundary_lookahead_min: 30
"""

FRAGMENTS = """\
ftmo.one_step.total:   {anchor: {quantity: balance, sample: day_boundary, ratchet: up}, amount: {pct: 10, of: initial}, lock: {unknown: true, assume: none}}
e8.one.total_2024:     {anchor: {quantity: closed_balance, sample: on_close, ratchet: up}, amount: {pct: 6, of: initial}, lock: {level: {of: initial, plus: 0}}}
e8.signature.pause:    {anchor: {quantity: balance, sample: day_boundary, ratchet: none}, amount: {pct: 2, of: initial}, observed: "min(balance,equity)", consequence: pause_until_boundary}
fundingpips.zero:      {anchor: {quantity: equity, sample: every_tick, ratchet: up}, amount: {pct: 5, of: initial}, lock: {level: {of: initial, plus: 0}}}
fundingpips.zero.float: {kind: floating_loss, amount: {pct: 1, of: initial}, per: account}
topstep.50k.mll:       {anchor: {quantity: balance, sample: day_boundary, ratchet: up}, amount: {abs: 2000}, lock: {level: {of: initial, plus: 0}}}
topstep.50k.dll:       {kind: floor, anchor: {quantity: balance, sample: day_boundary}, amount: {abs: 1000}, observed: equity, consequence: pause_until_boundary, applies_if: {platform_not: topstepx}}
apex.50k.intraday:     {anchor: {quantity: equity, sample: every_tick, ratchet: up}, amount: {abs: 2500}, lock: {level: {of: initial, plus: 100}}}
alpha.pro.daily:       {anchor: {quantity: balance, sample: day_boundary}, amount: {pct: 5, of: anchor}}
breakout.1step.daily:  {clock: {zone: UTC, at: "00:30"}, anchor: {quantity: balance, sample: day_boundary}, amount: {pct: 4, of: anchor}}
hyro.idea:             {kind: idea_loss, amount: {pct: 3, of: initial}, merge: {same_symbol: true}, net_of: [commission]}
fundingpips.idea:      {kind: idea_loss, amount: {pct: 3, of: balance}, merge: {same_symbol: true, same_side: true, reentry_within_s: 300}}
e8.best_day:           {share_of: best_day, max_pct: 40, denominator: total_profit, when: payout, consequence: deny_payout}
topstep.flat:          {kind: session_end, zone: America/Chicago, at: "15:10", before_s: 300, forbids: [hold, open]}
"""
