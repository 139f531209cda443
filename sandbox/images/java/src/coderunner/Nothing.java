package coderunner;

/** The program that does nothing: it tells what a JVM takes for itself (baseline_command in the language file). */
public final class Nothing {
    public static void main(String[] args) {}

    private Nothing() {}
}
