import java.util.Scanner;

public class Main {
    public static void main(String[] words) {
        Scanner input = new Scanner(System.in);
        while (input.hasNextLine()) System.out.println(input.nextLine().toUpperCase());
    }
}
