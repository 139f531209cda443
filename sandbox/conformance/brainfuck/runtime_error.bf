+++
>here <<
