module testing-report

go 1.24
