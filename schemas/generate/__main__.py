"""`python -m schemas.generate`: write schemas/json and schemas/asyncapi.yaml anew."""

from schemas.generate.files import FOLDER, files

if __name__ == "__main__":
    for name, text in files().items():
        path = FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
