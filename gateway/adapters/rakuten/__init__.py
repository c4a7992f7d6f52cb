"""楽天銀行 (0036): id and password in a form, a code of one character back; nobody calls."""
