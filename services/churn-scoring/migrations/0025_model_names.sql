-- A model is named by its id, which follows from what it was trained from; counted up, one name meant other models in
-- other homes.
alter table model drop column number;
