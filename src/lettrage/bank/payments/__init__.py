"""What the company tells its banks to do: transfers, direct debits and bills as files, and the banks' answers. Pure.

An instrument in portfolio (a transfer ordered, a debit or a bill in hand) is *chosen*, *checked*, *rendered*; its file
is kept byte for byte. The bank *executes* it (the instrument moves on by its own state change), *rejects* it before,
or *returns* it after. What became of a line is read from its instrument, never written a second time.
"""
