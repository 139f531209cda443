import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

public class BankDemo {
    static class InsufficientFundsException extends Exception {
        InsufficientFundsException(BigDecimal missing) {
            super("short of " + missing);
        }
    }

    static class Account {
        private final String owner;
        private BigDecimal balance = BigDecimal.ZERO;
        private final List<String> history = new ArrayList<>();

        Account(String owner) {
            this.owner = owner;
        }

        void deposit(String amount) {
            balance = balance.add(new BigDecimal(amount));
            history.add("+" + amount);
        }

        void withdraw(String amount) throws InsufficientFundsException {
            BigDecimal wanted = new BigDecimal(amount);
            if (wanted.compareTo(balance) > 0) {
                throw new InsufficientFundsException(wanted.subtract(balance));
            }
            balance = balance.subtract(wanted);
            history.add("-" + amount);
        }

        void addInterest(double percent) {
            BigDecimal factor = BigDecimal.valueOf(1 + percent / 100);
            balance = balance.multiply(factor).setScale(2, RoundingMode.HALF_EVEN);
        }

        List<String> history() {
            return Collections.unmodifiableList(history);
        }
    }

    public static void main(String[] args) {
        Account account = new Account("Ada");
        account.deposit("100.10");
        account.deposit("0.20");
        try {
            account.withdraw("50.05");
            account.withdraw("99.99");
        } catch (InsufficientFundsException error) {
            System.out.println(error.getMessage());
        } finally {
            account.addInterest(2.5);
        }
        System.out.println(account.owner + " " + account.balance + " " + account.history());
        try {
            account.history().add("forged");
        } catch (UnsupportedOperationException error) {
            System.out.println("history is read-only");
        }
    }
}
