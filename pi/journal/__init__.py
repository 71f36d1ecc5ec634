"""What is to be logged, on this machine's disk before it is anywhere else.

A server may go away for any length of time: what a run logs is an entry of its `book` first, and is
delivered when the server takes it, in order and once. Nothing here knows MLflow: a `Receiver` is
whatever takes entries.
"""
