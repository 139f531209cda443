"""The images of languages in the node's engine: built for those that are added, removed for those that go."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import docker.errors

from node.domain.language import Language
from node.infrastructure.docker.slot.agent_image import mark_of
from node.infrastructure.settings import NodeSettings
from sandbox import IMAGES_DIR
from sandbox.builder.build import build_images
from sandbox.builder.catalogue import own_image
from sandbox.builder.content import ImageError, discover
from sandbox.builder.engine import Engine

_LOOK_EVERY_S = 0.2


class LanguageImages:
    """The engine that the node uses, and the Dockerfiles that it has images from."""

    def __init__(self, settings: NodeSettings) -> None:
        """Raises ImageError where no engine answers."""
        self._settings = settings
        self._engine = Engine.connect(settings.docker_socket)

    def bytes_of(self, tag: str) -> int:
        """The image's size; 0 where there is none. Raises ImageError."""
        try:
            return self._engine.size_of(tag)
        except docker.errors.DockerException as error:
            raise ImageError(f"The engine does not tell of {tag}: {error}.") from error

    def build(self, languages: Sequence[Language]) -> dict[str, str]:
        """Builds what is out of date; the images' ids by the languages'. Raises ImageError."""
        sources = discover(IMAGES_DIR) | discover(self._settings.images_dir)
        tags = dict.fromkeys(tag for language in languages for tag in _tags_of(language))
        build_images(
            [own_image(tag) for tag in tags if own_image(tag) in sources],
            sources=sources,
            engine=self._engine,
            tries=1,  # somebody waits, perhaps for the fault of a Dockerfile of his own
        )
        try:
            ids = {tag: self._engine.id_of(tag) for tag in tags}
        except docker.errors.DockerException as error:
            raise ImageError(f"The engine does not tell of its images: {error}.") from error
        missing = next((tag for tag, image in ids.items() if not image), "")
        if missing:
            raise ImageError(
                f"The image {missing} is not in the engine, and no Dockerfile of {self._settings.images_dir} makes it."
            )
        return {language.id: ids[language.image] for language in languages}

    def remove(self, languages: Sequence[Language], kept: Iterable[Language], within_s: float) -> list[str]:
        """Removes their images once no slot is made of them, but for those that ``kept`` have as well; the names of
        those that went. Raises ImageError."""
        prefix = self._settings.docker_prefix
        deadline = time.monotonic() + within_s
        tags = {tag for language in languages for tag in _tags_of(language)}
        tags -= {tag for language in kept for tag in _tags_of(language)}
        try:
            while self._slots(languages) and time.monotonic() < deadline:
                time.sleep(_LOOK_EVERY_S)
            for language in languages:
                for image in self._engine.client.images.list(filters={"label": f"{mark_of(prefix)}={language.id}"}):
                    self._engine.client.images.remove(str(image.id))
            gone = sorted(tag for tag in tags if self._engine.id_of(tag))
            for tag in gone:
                self._engine.client.images.remove(tag)
        except docker.errors.DockerException as error:
            raise ImageError(f"An image is still used, or the engine does not remove it: {error}.") from error
        return gone

    def _slots(self, languages: Sequence[Language]) -> bool:
        label = f"{self._settings.docker_prefix}.language"
        list_all = self._engine.client.api.containers
        return any(list_all(all=True, filters={"label": f"{label}={language.id}"}) for language in languages)


def _tags_of(language: Language) -> list[str]:
    """Its image, and what its packages are installed in."""
    return [language.image, *([language.packages.image] if language.packages else [])]
