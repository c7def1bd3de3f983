"""Certificates that look after themselves: issuing, verifying, publishing and rotating. No I/O, no `webhook`.

One Secret holds the signing CA, the leaf that all replicas serve, and the CAs that must be published. Two
webhook configurations publish them: `caBundle` of every entry. API servers see a change of it a little later,
and replicas see a change of the Secret a little later; so a new CA goes through stages, and at no moment does
a client meet a leaf that the bundle it knows does not verify.

    stage        Secret               caBundle     served   goes on when
    Steady       CA1, leaf1           [CA1]        leaf1    CA1 is due, or someone asks
    Publishing   CA1, leaf1, next 2   [CA1]        leaf1    every entry holds CA2
    Waiting      CA1, leaf1, next 2   [CA1, CA2]   leaf1    a replica saw that for 60 s
    Switching    CA1, leaf1, next 2   [CA2, CA1]   leaf2    some replica promotes next to current
    Retiring     CA2, leaf2           [CA2, CA1]   leaf2    no leaf of CA1 can be valid any more
    Steady       CA2, leaf2           [CA2]        leaf2

What makes it safe with any number of replicas, each of which may stop anywhere and read what is old:

- The order of `caBundle` is the proof: a CA comes first only by the hand of a replica that has seen it in
  every entry for 60 s of its own monotonic clock (or where the entry was empty, so that there was nothing to
  lose). No wall clocks are compared, and nobody trusts the Secret's word for it.
- A CA leaves `caBundle` only if the Secret names it as dropped, or it expired. Whoever has an old copy of the
  Secret may add too much, but never removes what it does not know.
- A CA is dropped when every leaf that it can have issued has expired: a replica that is cut off from the
  API may serve one until then.
- Each write tests what it replaces. A lost race changes nothing.

Files, from the ground up: `lifetimes` (all numbers), `authority` (issuing), `bundle`, `verify`; `store` (the
seam to Kubernetes, its errors and rights), `state` (the Secret's contents), `published` (what `caBundle`
should be); `memory` (what a replica remembers), `view` (what it decides on), `ledger` and `plan` (what the
Secret should hold next), `serving` (which leaf to serve), `outcome` and `report` (what a step tells);
`rotation` (one step of one replica), `request` and `release` (what people ask for).
"""
