package coderunner.maven;

import org.eclipse.aether.AbstractRepositoryListener;
import org.eclipse.aether.RepositoryEvent;
import org.eclipse.aether.transfer.AbstractTransferListener;
import org.eclipse.aether.transfer.MetadataNotFoundException;
import org.eclipse.aether.transfer.TransferEvent;

/** What an installation says, on standard error: jars as they come, what Maven warns of, and why it failed. */
final class Said {
    private static final int MAX_CHARS = 2_000;
    private static final int MAX_CAUSES = 8;

    /** An error in words: its own, and those of the innermost cause that adds any. */
    static String of(Throwable error) {
        var words = String.valueOf(error.getMessage());
        var cause = error;
        for (var i = 0; i < MAX_CAUSES && cause.getCause() != null; i++) {
            cause = cause.getCause();
        }
        var more = String.valueOf(cause.getMessage());
        return cut(words.contains(more) ? words : words + ": " + more);
    }

    /** Says why the installation fails, and ends it. */
    static void lastly(String words) {
        System.err.println("ERROR: " + cut(words));
        System.exit(1);
    }

    static final class Transfers extends AbstractTransferListener {
        @Override
        public void transferInitiated(TransferEvent event) {
            var name = event.getResource().getResourceName();
            if (name.endsWith(".jar")) {
                System.err.println("Downloading " + cut(name));
            }
        }
    }

    static final class Events extends AbstractRepositoryListener {
        @Override
        public void metadataDownloaded(RepositoryEvent event) {
            if (event.getException() != null && !(event.getException() instanceof MetadataNotFoundException)) {
                System.err.println("WARNING: " + of(event.getException()));
            }
        }

        @Override
        public void artifactDescriptorInvalid(RepositoryEvent event) {
            System.err.println("WARNING: the POM of " + event.getArtifact() + " is not valid, what it needs is not known: "
                    + of(event.getException()));
        }

        @Override
        public void artifactDescriptorMissing(RepositoryEvent event) {
            System.err.println("WARNING: there is no POM of " + event.getArtifact() + ", what it needs is not known");
        }
    }

    private static String cut(String words) {
        return words.length() <= MAX_CHARS ? words : words.substring(0, MAX_CHARS) + "...";
    }

    private Said() {}
}
