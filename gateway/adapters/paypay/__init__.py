"""PayPay銀行 (0033): forms and `KEY=value` lines in Shift_JIS, a MAC both ways, thin answers."""
