"""The codes of XP Z12-013 1.3.0, as its two OpenAPI files list them."""

from typing import Literal

Syntax = Literal["CII", "UBL", "Factur-X", "CDAR", "FRR"]
Profile = Literal["Basic", "CIUS", "Extended-CTC-FR", "Undefined"]
Rule = Literal[
    "B2B", "B2BInt", "B2C", "B2G", "B2GInt", "OutOfScope", "B2GOutOfScope", "ArchiveOnly", "NotApplicable", "Undefined"
]
Direction = Literal["In", "Out"]
Ack = Literal["Pending", "Ok", "Error"]
DocType = Literal["Metadata", "Original", "Converted", "ReadableView"]
FlowType = Literal[
    "CustomerInvoice",
    "SupplierInvoice",
    "CustomerInvoiceLC",
    "SupplierInvoiceLC",
    "StateCustomerInvoiceLC",
    "StateSupplierInvoiceLC",
    "AggregatedCustomerTransactionReport",
    "UnitaryCustomerTransactionReport",
    "AggregatedCustomerPaymentReport",
    "UnitaryCustomerPaymentReport",
    "UnitarySupplierTransactionReport",
    "MultiFlowReport",
    "StateCustomerInvoice",
    "StateSupplierInvoice",
    "StateTransactionReport",
    "StateTransactionReportLC",
    "StatePaymentReport",
    "StatePaymentReportLC",
    "Undefined",
]
