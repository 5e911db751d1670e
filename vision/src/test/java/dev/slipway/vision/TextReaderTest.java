package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PP-OCRv4 reads pictures whose text is known. */
@Tag("slow")
class TextReaderTest {
  private static final String PICTURES = "data/ocr_images.zip";
  private static TextReader reader;

  @BeforeAll
  static void load() {
    reader = new TextReader(
        new TextDetector(OnnxRuntime.loadOcr("ch_PP-OCRv4_det_infer.onnx")),
        new TextDirectionClassifier(OnnxRuntime.loadOcr("ch_ppocr_mobile_v2.0_cls_infer.onnx")),
        new TextRecognizer(OnnxRuntime.loadOcr("ch_PP-OCRv4_rec_infer.onnx"), OnnxRuntime.ocrDecoder()));
  }

  @Test
  void readsTheSamplePicture() {
    List<TextLine> lines = reader.read(SamplePicture.draw());
    assertThat(lines.stream().map(TextLine::text)).isEqualTo(SamplePicture.texts());
    assertThat(lines).allSatisfy(line -> assertThat(line.confidence()).isGreaterThan(0.95));
    assertThat(lines.stream().map(TextLine::turned)).containsExactly(false, false, false, false, false, true);
    Quad slanted = lines.get(4).quad();
    double slope = (slanted.topRight().y() - slanted.topLeft().y()) / (slanted.topRight().x() - slanted.topLeft().x());
    assertThat(Math.toDegrees(Math.atan(slope))).isCloseTo(-15, within(2.0));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "en_rec.jpg | To facilitate the shot type analysis in videos, we collect MovieShots, a large-scale",
    "text_rec.jpg | 韩国小馆",
    "test_without_det.jpg | 在中国作家协会第三届儿童文学"
  })
  void recognisesAWholePictureAsOneLine(String picture, String text) throws IOException {
    Image image = SharedData.image(PICTURES, picture);
    RecognizedText recognized = reader.recognizer().recognize(List.of(image)).getFirst();
    assertThat(recognized.text()).isEqualTo(text);
    assertThat(recognized.confidence()).isGreaterThan(0.9);
  }

  @Test
  void findsEighteenLinesInAPoster() throws IOException {
    List<TextLine> lines = reader.read(SharedData.image(PICTURES, "ch_en_num.jpg"));
    assertThat(lines).hasSize(18);
    assertThat(lines.stream().map(TextLine::text)).startsWith("正品促销", "大桶装更划算", "强力去污符合国标");
  }

  @Test
  void noticesTextOnItsHead() throws IOException {
    Image image = SharedData.image(PICTURES, "text_cls.jpg");
    assertThat(reader.direction().turned(List.of(image, image.rotate180()))).containsExactly(true, false);
  }

  @Test
  void findsNothingOnAnEmptyPicture() {
    assertThat(reader.read(Image.filled(200, 100, PixelFormat.RGB, Color.WHITE))).isEmpty();
  }

  @Test
  void readsAnySizeAndGreyPictures() {
    assertThat(reader.read(Image.filled(1, 1, PixelFormat.GREY, Color.BLACK))).isEmpty();
    assertThat(reader.read(Image.filled(1500, 3, PixelFormat.GREY, Color.BLACK))).isEmpty();
    List<String> texts = reader.read(SamplePicture.draw().to(PixelFormat.GREY)).stream().map(TextLine::text).toList();
    assertThat(texts).isEqualTo(SamplePicture.texts());
  }
}
