package coderunner.maven;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.eclipse.aether.RepositorySystemSession;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.spi.connector.transport.AbstractTransporter;
import org.eclipse.aether.spi.connector.transport.GetTask;
import org.eclipse.aether.spi.connector.transport.PeekTask;
import org.eclipse.aether.spi.connector.transport.PutTask;
import org.eclipse.aether.spi.connector.transport.Transporter;
import org.eclipse.aether.spi.connector.transport.TransporterFactory;

/**
 * Reads documents of the index through the relay of the installer's slot. A name that leads elsewhere, and a document that
 * cannot be read, end the installation at once: what would be installed without it is not what was asked for.
 */
final class IndexTransporter extends AbstractTransporter {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+~-]*(/[A-Za-z0-9_][A-Za-z0-9._+~-]*)*");
    private static final int MAX_PATH_CHARS = 1_000;
    private static final int MAX_TEXT_BYTES = 4 << 20;
    private static final int MAX_WORDS_BYTES = 2_000;

    /** Makes the only transporter there is, whatever the index's protocol: the relay speaks it for us. */
    record Factory(String relay) implements TransporterFactory {
        @Override
        public Transporter newInstance(RepositorySystemSession session, RemoteRepository repository) {
            return new IndexTransporter(relay);
        }

        @Override
        public float getPriority() {
            return 0;
        }
    }

    private final String relay;

    private IndexTransporter(String relay) {
        this.relay = relay;
    }

    @Override
    public int classify(Throwable error) {
        return error instanceof FileNotFoundException ? ERROR_NOT_FOUND : ERROR_OTHER;
    }

    @Override
    protected void implGet(GetTask task) throws Exception {
        var path = task.getLocation().toString();
        if (path.length() > MAX_PATH_CHARS || !PLAIN.matcher(path).matches()) {
            Said.lastly("this is not the name of a package: " + path);
        }
        var connection = (HttpURLConnection) URI.create(relay + path).toURL().openConnection();
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Accept", "*/*");
        try {
            var status = connection.getResponseCode();
            var words = status == HttpURLConnection.HTTP_OK ? "" : words(connection); // read, so that the connection serves on
            if (status == HttpURLConnection.HTTP_NOT_FOUND || status == HttpURLConnection.HTTP_GONE) {
                throw new FileNotFoundException(path);
            }
            if (status != HttpURLConnection.HTTP_OK) {
                throw new IOException("the index answers with " + status + ": " + words);
            }
            take(task, path, connection);
        } catch (FileNotFoundException error) {
            throw error;
        } catch (IOException error) {
            Said.lastly(path + ": " + error.getMessage());
        }
    }

    private void take(GetTask task, String path, HttpURLConnection connection) throws Exception {
        var size = connection.getContentLengthLong();
        try (var body = new Whole(connection.getInputStream(), size)) {
            if (path.endsWith(".jar")) {
                utilGet(task, body, true, size, false);
                return;
            }
            var text = body.readNBytes(MAX_TEXT_BYTES + 1);
            if (text.length > MAX_TEXT_BYTES) {
                throw new IOException("this has more than " + MAX_TEXT_BYTES + " bytes");
            }
            utilGet(task, new ByteArrayInputStream(text), true, text.length, false);
        }
    }

    private static String words(HttpURLConnection connection) throws IOException {
        try (var body = connection.getErrorStream()) {
            return body == null ? "" : new String(body.readNBytes(MAX_WORDS_BYTES), StandardCharsets.UTF_8);
        }
    }

    @Override
    protected void implPeek(PeekTask task) throws Exception {
        throw new UnsupportedOperationException("nothing asks whether there is a document");
    }

    @Override
    protected void implPut(PutTask task) throws Exception {
        throw new UnsupportedOperationException("nothing is written to an index");
    }

    @Override
    protected void implClose() {}

    /** A body that ends before its announced size has broken off. */
    private static final class Whole extends FilterInputStream {
        private long left;

        Whole(InputStream body, long size) {
            super(body);
            left = size < 0 ? Long.MAX_VALUE : size;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int size) throws IOException {
            var got = super.read(into, from, size);
            if (got > 0 && left != Long.MAX_VALUE) {
                left -= got;
            } else if (got < 0 && left > 0 && left != Long.MAX_VALUE) {
                throw new IOException("the index broke off");
            }
            return got;
        }
    }
}
