"""The emulator of PayPay銀行 0033: Shift_JIS forms, a MAC both ways, thin answers."""
