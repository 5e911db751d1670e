package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.vision.CtcDecoder;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageFile;
import dev.slipway.vision.TextDetector;
import dev.slipway.vision.TextDirectionClassifier;
import dev.slipway.vision.TextLine;
import dev.slipway.vision.TextReader;
import dev.slipway.vision.TextRecognizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PP-OCRv4 on engines of the CPU backend reads pictures whose text is known. */
@Tag("slow")
class TextReadingTest {
  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();
  private static TextReader reader;

  @BeforeAll
  static void load() {
    String dictionary = new String(SharedFiles.resource("models/ppocr_keys_v1.txt"), StandardCharsets.UTF_8);
    reader = new TextReader(
        new TextDetector(network(TestModel.OCR_DETECTION, range(
            new long[] {1, 3, 32, 32}, new long[] {1, 3, 736, 736}, new long[] {1, 3, 2016, 2016}))::run),
        new TextDirectionClassifier(network(TestModel.OCR_DIRECTION, range(
            new long[] {1, 3, 48, 192}, new long[] {6, 3, 48, 192}, new long[] {6, 3, 48, 192}))::run),
        new TextRecognizer(network(TestModel.OCR_RECOGNITION, range(
            new long[] {1, 3, 48, 320}, new long[] {6, 3, 48, 320}, new long[] {6, 3, 48, 3200}))::run,
            CtcDecoder.ofDictionary(List.of(dictionary.strip().split("\n")))));
  }

  private static OptimizationProfile.Range range(long[] min, long[] opt, long[] max) {
    return new OptimizationProfile.Range(min, opt, max);
  }

  private static ExecutionContext network(TestModel model, OptimizationProfile.Range range) {
    Engine engine = TestEngines.cpu(model, Map.of("x", range));
    OPEN.push(engine);
    ExecutionContext context = engine.newContext();
    OPEN.push(context);
    return context;
  }

  @AfterAll
  static void close() throws Exception {
    while (!OPEN.isEmpty()) {
      OPEN.pop().close();
    }
  }

  private static Image picture(String name) throws IOException {
    try (ZipFile zip = new ZipFile(SharedFiles.file("data/ocr_images.zip").toFile());
        InputStream in = zip.getInputStream(zip.getEntry(name))) {
      return ImageFile.decode(in.readAllBytes(), name);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "en_rec.jpg | To facilitate the shot type analysis in videos, we collect MovieShots, a large-scale",
    "text_rec.jpg | 韩国小馆",
    "test_without_det.jpg | 在中国作家协会第三届儿童文学"
  })
  void recognisesAWholePictureAsOneLine(String picture, String text) throws IOException {
    assertThat(reader.recognizer().recognize(List.of(picture(picture))).getFirst().text()).isEqualTo(text);
  }

  @Test
  void findsEighteenLinesInAPoster() throws IOException {
    List<TextLine> lines = reader.read(picture("ch_en_num.jpg"));
    assertThat(lines).hasSize(18);
    assertThat(lines.stream().map(TextLine::text)).startsWith("正品促销", "大桶装更划算", "强力去污符合国标");
  }

  @Test
  void noticesTextOnItsHead() throws IOException {
    Image image = picture("text_cls.jpg");
    assertThat(reader.direction().turned(List.of(image, image.rotate180()))).containsExactly(true, false);
  }
}
