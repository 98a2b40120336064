-- Sakila on SQLite: written from the published structure, not copied.
--
-- Amounts are REAL, as SeaORM writes and reads decimals there.
CREATE TABLE country (
    country_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    country varchar(50) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE city (
    city_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    city varchar(50) NOT NULL,
    country_id integer NOT NULL REFERENCES country (country_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE address (
    address_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    address varchar(50) NOT NULL,
    address2 varchar(50),
    district varchar(20) NOT NULL,
    city_id integer NOT NULL REFERENCES city (city_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    postal_code varchar(10),
    phone varchar(20) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE language (
    language_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    name char(20) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE category (
    category_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    name varchar(25) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE actor (
    actor_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE film (
    film_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    title varchar(255) NOT NULL,
    description text,
    release_year integer CHECK (release_year BETWEEN 1901 AND 2155),
    language_id integer NOT NULL REFERENCES language (language_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    original_language_id integer REFERENCES language (language_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    rental_duration smallint NOT NULL DEFAULT 3,
    rental_rate real NOT NULL DEFAULT 4.99,
    length smallint,
    replacement_cost real NOT NULL DEFAULT 19.99,
    rating varchar(10) DEFAULT 'G' CHECK (rating IN ('G', 'PG', 'PG-13', 'R', 'NC-17')),
    special_features varchar(100),
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE film_text (
    film_id integer NOT NULL PRIMARY KEY,
    title varchar(255) NOT NULL,
    description text
);
CREATE TABLE film_actor (
    actor_id integer NOT NULL REFERENCES actor (actor_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    film_id integer NOT NULL REFERENCES film (film_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (actor_id, film_id)
);
CREATE TABLE film_category (
    film_id integer NOT NULL REFERENCES film (film_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    category_id integer NOT NULL REFERENCES category (category_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (film_id, category_id)
);
-- A store is there before its manager: no foreign key could be checked otherwise.
CREATE TABLE store (
    store_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    manager_staff_id integer UNIQUE REFERENCES staff (staff_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    address_id integer NOT NULL REFERENCES address (address_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE staff (
    staff_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    address_id integer NOT NULL REFERENCES address (address_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    picture blob,
    email varchar(50),
    store_id integer NOT NULL REFERENCES store (store_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    active boolean NOT NULL DEFAULT true,
    username varchar(16) NOT NULL,
    password varchar(40),
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE customer (
    customer_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    store_id integer NOT NULL REFERENCES store (store_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    first_name varchar(45) NOT NULL,
    last_name varchar(45) NOT NULL,
    email varchar(50),
    address_id integer NOT NULL REFERENCES address (address_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    active boolean NOT NULL DEFAULT true,
    create_date date NOT NULL DEFAULT CURRENT_DATE,
    last_update timestamp DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE inventory (
    inventory_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    film_id integer NOT NULL REFERENCES film (film_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    store_id integer NOT NULL REFERENCES store (store_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE rental (
    rental_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    rental_date timestamp NOT NULL,
    inventory_id integer NOT NULL REFERENCES inventory (inventory_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    customer_id integer NOT NULL REFERENCES customer (customer_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    return_date timestamp,
    staff_id integer NOT NULL REFERENCES staff (staff_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (rental_date, inventory_id, customer_id)
);
CREATE TABLE payment (
    payment_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    customer_id integer NOT NULL REFERENCES customer (customer_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    staff_id integer NOT NULL REFERENCES staff (staff_id) ON UPDATE CASCADE ON DELETE RESTRICT,
    rental_id integer REFERENCES rental (rental_id) ON UPDATE CASCADE ON DELETE SET NULL,
    amount real NOT NULL,
    payment_date timestamp NOT NULL
);

CREATE INDEX film_title ON film (title);
CREATE INDEX actor_last_name ON actor (last_name);
CREATE INDEX customer_last_name ON customer (last_name);
CREATE INDEX inventory_store_film ON inventory (store_id, film_id);

CREATE TRIGGER actor_last_update AFTER UPDATE OF first_name, last_name ON actor BEGIN
    UPDATE actor SET last_update = CURRENT_TIMESTAMP WHERE actor_id = NEW.actor_id;
END;
CREATE TRIGGER customer_last_update AFTER UPDATE OF email, active, store_id ON customer BEGIN
    UPDATE customer SET last_update = CURRENT_TIMESTAMP WHERE customer_id = NEW.customer_id;
END;
CREATE TRIGGER film_last_update AFTER UPDATE OF title, description ON film BEGIN
    UPDATE film SET last_update = CURRENT_TIMESTAMP WHERE film_id = NEW.film_id;
END;
CREATE TRIGGER rental_last_update AFTER UPDATE OF return_date ON rental BEGIN
    UPDATE rental SET last_update = CURRENT_TIMESTAMP WHERE rental_id = NEW.rental_id;
END;

CREATE TRIGGER film_text_insert AFTER INSERT ON film BEGIN
    INSERT INTO film_text (film_id, title, description) VALUES (NEW.film_id, NEW.title, NEW.description);
END;
CREATE TRIGGER film_text_update AFTER UPDATE OF film_id, title, description ON film BEGIN
    UPDATE film_text SET film_id = NEW.film_id, title = NEW.title, description = NEW.description
    WHERE film_id = OLD.film_id;
END;
CREATE TRIGGER film_text_delete AFTER DELETE ON film BEGIN
    DELETE FROM film_text WHERE film_id = OLD.film_id;
END;
