"""Proofs: looking at the running cloud to see that it is as it should be, and never at exit codes.

``prove(context, name, release)`` carries one out; PROOFS lists them. What a proof makes is named ``ostler-proof-…`` and
deleted at its end, also when it failed. They work through the Transport and Api protocols alone.
"""

from ostler.execution.proofs.model import PROOF_PREFIX, ProofContext, ProofResult, Row
from ostler.execution.proofs.registry import PROOFS, prove, read_results

__all__ = ["PROOFS", "PROOF_PREFIX", "ProofContext", "ProofResult", "Row", "prove", "read_results"]
