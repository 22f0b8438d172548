"""The tocsin command: one module for each group of commands."""
