"""Why a figure moved: two books, the causes between them, and what each did."""
